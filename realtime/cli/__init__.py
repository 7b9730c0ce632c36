"""The command line.

    entry.py        main(argv) -> exit code: the one place where errors become lines and numbers
    group.py        the list of commands; each is imported when it is asked for
    video.py, image.py, styles.py, bench.py, doctor.py, completion.py
                    one command each

Nothing heavy (numpy, PyAV, OpenCV, ONNX Runtime, rich) is imported before the arguments are parsed.
"""

from .entry import entry_point, main

__all__ = ["entry_point", "main"]
