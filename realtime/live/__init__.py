"""The interactive session: a camera painted while you watch.

session.py      the loop: newest frame, window, keys, outputs
painter.py      paints frames in a thread of its own; fade.py, sizing.py steer it
controls.py     what the user has set; keys.py and pointer.py change it
view.py         original and painting put together; overlay.py draws over it
outputs.py      recordings, streams and the like, each in a thread of its own
measuring.py    frames per second and latency
"""
