"""Pictures as a camera that other programs can choose, by pyvirtualcam."""

from __future__ import annotations

import sys

from ..errors import SinkError
from ..frame import Frame, StreamInfo
from ..messages import install_extra, one_line
from .clock import nominal_rate
from .closing import Closing

_DRIVERS = {
    "linux": "install the package v4l2loopback-dkms and run: sudo modprobe v4l2loopback"
    " exclusive_caps=1 card_label=stylecam",
    "darwin": "install OBS Studio (obsproject.com) and start its virtual camera once",
    "win32": "install OBS Studio (obsproject.com)",
}


class VirtualCameraSink(Closing):
    """A camera made of what is written.

    Args:
        info: of the frames that will come.

    Attributes:
        device: how other programs see it.

    Raises:
        SinkError: the package or the driver is missing; says how to install it.
    """

    def __init__(self, info: StreamInfo) -> None:
        self.warnings: list[str] = []
        try:
            import pyvirtualcam
        except ImportError as error:
            raise SinkError(
                "the virtual camera needs pyvirtualcam; install it with:"
                f" {install_extra('virtual-camera')}"
            ) from error
        try:
            self._camera = pyvirtualcam.Camera(info.width, info.height, float(nominal_rate(info)))
        except RuntimeError as error:
            advice = _DRIVERS.get(sys.platform, "see github.com/letmaik/pyvirtualcam")
            raise SinkError(
                f"there is no virtual camera driver that works ({one_line(error)}); {advice}"
            ) from error
        self.device = str(self._camera.device)
        self._open = True

    def write(self, frame: Frame) -> None:
        """Show one frame.

        Raises:
            SinkError: the driver has gone.
            ValueError: the sink is closed.
        """
        if not self._open:
            raise ValueError("the virtual camera is closed and takes no more frames")
        try:
            self._camera.send(frame.image)
        except RuntimeError as error:
            raise SinkError(f"the virtual camera has gone ({one_line(error)})") from error

    def close(self) -> None:
        """Remove the camera; harmless when repeated."""
        if self._open:
            self._open = False
            self._camera.close()
