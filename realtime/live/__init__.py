"""The interactive session: a camera painted while you watch.

waiting.py      before the first picture: the window lives while camera and receivers connect
session.py      the loop: newest frame, window, keys, outputs
painter.py      paints frames in a thread of its own; fade.py, sizing.py steer it
controls.py     what the user has set; keys.py and pointer.py change it
view.py         original and painting put together; overlay.py draws over it
outputs.py      recordings, streams and the like, each in a thread of its own
measuring.py    frames per second, latency, answers to the user, memory

Why OpenCV's window, with everything in it drawn here: OpenCV is needed anyway, so nothing more has
to be installed, and one canvas is all that an overlay, sliders and a dragged divider need; drawn in
the picture they look alike on every system and can be tested without a screen. What that costs: no
menus, no file dialogs, no screen reader sees the sliders, and OpenCV remembers one key between two
polls, so a key pressed while a picture is drawn may replace the one before.

What others would bring, tried in a fresh environment on Linux: PySide6 has real widgets and a queue
of events, but adds some 245 MB, needs the system's libxcb-cursor0 (without it, it does not start),
and a second Qt in the process: importing OpenCV points Qt at OpenCV's own plugins, which another Qt
cannot load. pygame-ce is small (30 MB) and has a queue of events, but no widgets, so that all of
the drawing here would stay. Dear ImGui (imgui-bundle, 55 MB) has sliders, but needs OpenGL.
"""
