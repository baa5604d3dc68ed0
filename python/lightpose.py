#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""liblightpose for Python: finds every person in an image and the 18 keypoints of each.

    import lightpose

    with lightpose.Model() as model, lightpose.Context(model, threads=2) as context:
        for pose in context.infer(frame):                       # frame: a numpy array of OpenCV, rows x columns x BGR
            print(pose.score, pose.keypoints[0].x, pose.keypoints[0].y)

One file over ctypes, the standard library alone. It adds nothing to the C library; include/lightpose/lightpose.h is the
manual of every setting, range and rule.

Pixels are read in place, never copied: any object with the buffer protocol is accepted (numpy array, memoryview, bytes,
bytearray, array.array), also a part of a larger array. `Image` describes formats that a shape does not tell.

Failures of the library raise `Error`, which carries the status. An object of the wrong kind raises TypeError, a buffer of
the wrong shape or a closed handle ValueError.

Threads: a model may be used by any number of threads. Calls on one context, result, tracker, calibrator or governor wait for each
other; use one of each per thread to work at the same time, because the library runs without the interpreter's lock.
A model may be closed while contexts use it. In a child of fork(), make a new context.

The library is $LIGHTPOSE_LIBRARY, a path, where that is set; else the file beside this one or in the folder above; else
what the dynamic linker finds under its soname.

As a program: python3 lightpose.py photo.ppm prints the people in it.
"""

import argparse
import ctypes
import enum
import json
import os
import subprocess
import sys
import threading
from ctypes import POINTER, Structure, byref, c_char, c_char_p, c_double, c_float, c_int, c_int64, c_size_t, c_ssize_t, c_void_p
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

__version__ = "0.1.0"
API_VERSION = 1  # of the header that this file follows; the library's must be the same

KEYPOINTS = 18
HEATMAPS = 19
LIMBS = 19
PAFS = 38


class Status(enum.IntEnum):
    """What kind of failure it was (lightpose_status)."""

    OK = 0
    ARGUMENT = 1
    MEMORY = 2
    FILE = 3
    WEIGHTS = 4
    IMAGE = 5
    LIMIT = 6
    UNSUPPORTED = 7
    NOT_FINITE = 8
    STATE = 9
    ENGINE = 10


class Error(Exception):
    """A call that failed. `status` is a Status, the text names the thing, its value and the limit."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = Status(status) if status in Status.__members__.values() else status

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (int(self.status), str(self))


class Matrix(enum.IntEnum):
    """How NV12 and I420 encode colour (lightpose_matrix)."""

    BT601 = 0
    BT709 = 1


class Range(enum.IntEnum):
    """Limited range as in video, or full range as in JPEG (lightpose_range)."""

    LIMITED = 0
    FULL = 1


class State(enum.IntEnum):
    """Of a keypoint (lightpose_keypoint_state)."""

    MISSING = 0
    DETECTED = 1
    COMPLETED = 2


class Assignment(enum.IntEnum):
    """Of identities to poses (lightpose_assignment)."""

    DEFAULT = 0
    REFERENCE = 1


class Order(enum.IntEnum):
    """Of the poses in a tracked result (lightpose_order)."""

    RANK = 0
    X = 1


class Calibration(enum.IntEnum):
    """How ranges for int8 follow from the values (lightpose_calibration)."""

    DEFAULT = 0
    MINMAX = 1
    PERCENTILE = 2
    MSE = 3


# ---- Structures of the header --------------------------------------------------------------------------------------------


class _Error(Structure):
    _fields_ = [("status", c_int), ("text", c_char * 508)]


class _System(Structure):
    _fields_ = [("cpu", c_char_p), ("engine", c_char_p), ("drawing", c_char_p), ("default_weights", c_char_p),
                ("threads", c_int), ("cpus", c_int), ("quota", c_int), ("reserved", c_int * 8)]


class _Setting(Structure):
    _fields_ = [("name", c_char_p), ("group", c_char_p), ("initial", c_double), ("low", c_double), ("high", c_double),
                ("is_integer", c_int), ("reserved", c_int * 5)]


class _Image(Structure):
    _fields_ = [("planes", c_void_p * 3), ("strides", c_ssize_t * 3), ("width", c_int), ("height", c_int),
                ("format", c_int), ("matrix", c_int), ("range", c_int), ("pixel_aspect", c_float), ("reserved", c_int * 2)]


class _ModelInfo(Structure):
    _fields_ = [("variant", c_char_p), ("source", c_char_p), ("licence", c_char_p), ("accuracy", c_char_p),
                ("checksum", c_char_p), ("dtype", c_char_p), ("has_int8_ranges", c_int), ("parameters", c_int64),
                ("reserved", c_int * 6)]


class _Keypoint(Structure):
    _fields_ = [("x", c_float), ("y", c_float), ("score", c_float), ("state", c_int)]


class _Box(Structure):
    _fields_ = [("x", c_float), ("y", c_float), ("width", c_float), ("height", c_float)]


class _Pose(Structure):
    _fields_ = [("keypoints", _Keypoint * KEYPOINTS), ("score", c_float), ("rank", c_float), ("box", _Box),
                ("keypoint_count", c_int), ("id", c_int64), ("reserved", c_int * 8)]


class _Maps(Structure):
    _fields_ = [("width", c_int), ("height", c_int), ("heatmaps", c_void_p), ("pafs", c_void_p), ("scale", c_float),
                ("pad_x", c_float), ("pad_y", c_float), ("pixel_aspect", c_float), ("reserved", c_int * 4)]


class _Stats(Structure):
    _fields_ = [("frames", c_int64), ("preprocess_ns", c_int64), ("network_ns", c_int64), ("average_ns", c_int64),
                ("peaks_ns", c_int64), ("group_ns", c_int64), ("total_ns", c_int64), ("net_width", c_int),
                ("net_height", c_int), ("threads", c_int), ("precision", c_int), ("decoder", c_int), ("crops", c_int),
                ("reserved", c_int * 7)]


class _TrackerSettings(Structure):
    _fields_ = [("assignment", c_int), ("keep_seconds", c_float), ("min_similarity", c_float), ("confirm_frames", c_int),
                ("order", c_int), ("expect_people", c_int), ("smooth", c_int), ("smooth_min_cutoff", c_float),
                ("smooth_beta", c_float), ("smooth_derivative_cutoff", c_float), ("reserved", c_int * 16)]


class _Canvas(Structure):
    _fields_ = [("pixels", c_void_p), ("stride", c_ssize_t), ("width", c_int), ("height", c_int), ("format", c_int),
                ("reserved", c_int * 4)]


class _DrawSettings(Structure):
    _fields_ = [("boxes", c_int), ("scores", c_int), ("completed", c_int), ("opacity", c_float), ("reserved", c_int * 8)]


_STRUCTURES = {
    "lightpose_error": _Error, "lightpose_system": _System, "lightpose_setting": _Setting, "lightpose_image": _Image,
    "lightpose_model_info": _ModelInfo, "lightpose_keypoint": _Keypoint, "lightpose_box": _Box, "lightpose_pose": _Pose,
    "lightpose_maps": _Maps, "lightpose_stats": _Stats, "lightpose_tracker_settings": _TrackerSettings,
    "lightpose_canvas": _Canvas, "lightpose_draw_settings": _DrawSettings,
}

# ---- The library -----------------------------------------------------------------------------------------------------------

_E = POINTER(_Error)
_H = c_void_p  # a handle
_PH = POINTER(c_void_p)
_PROTOTYPES: Dict[str, Tuple[Any, List[Any]]] = {
    "version": (c_char_p, []),
    "version_number": (c_int, []),
    "api_version": (c_int, []),
    "status_get_name": (c_char_p, [c_int]),
    "system_get": (None, [POINTER(_System)]),
    "type_get_size": (c_size_t, [c_char_p]),
    "precision_get_name": (c_char_p, [c_int]),
    "decoder_get_name": (c_char_p, [c_int]),
    "settings_init": (None, [c_void_p]),
    "setting_get_count": (c_int, []),
    "setting_get_info": (c_int, [c_int, POINTER(_Setting)]),
    "settings_set": (c_int, [c_void_p, c_char_p, c_char_p, _E]),
    "settings_get": (c_int, [c_void_p, c_char_p, POINTER(c_double), _E]),
    "format_get_name": (c_char_p, [c_int]),
    "format_parse": (c_int, [POINTER(c_int), c_char_p, _E]),
    "image_crop": (c_int, [POINTER(_Image), POINTER(c_int), POINTER(c_int), c_int, c_int, _E]),
    "model_create": (c_int, [_PH, c_char_p, _E]),
    "model_create_from_memory": (c_int, [_PH, c_void_p, c_size_t, _E]),
    "model_retain": (_H, [_H]),
    "model_destroy": (None, [_PH]),
    "model_get_info": (None, [_H, POINTER(_ModelInfo)]),
    "keypoint_get_name": (c_char_p, [c_int]),
    "limb_get_keypoints": (c_int, [c_int, POINTER(c_int), POINTER(c_int)]),
    "result_create": (c_int, [_PH, _E]),
    "result_destroy": (None, [_PH]),
    "result_get_count": (c_int, [_H]),
    "result_get_pose": (POINTER(_Pose), [_H, c_int]),
    "result_assign": (c_int, [_H, POINTER(_Pose), c_int, _E]),
    "context_create": (c_int, [_PH, _H, c_void_p, _E]),
    "context_destroy": (None, [_PH]),
    "context_prepare": (c_int, [_H, c_int, c_int, _E]),
    "context_infer": (c_int, [_H, POINTER(_Image), _H, _E]),
    "context_restart": (None, [_H]),
    "context_get_maps": (c_int, [_H, POINTER(_Maps), _E]),
    "context_decode": (c_int, [_H, POINTER(_Maps), _H, _E]),
    "context_get_stats": (None, [_H, POINTER(_Stats)]),
    "calibrator_create": (c_int, [_PH, _H, c_void_p, _E]),
    "calibrator_destroy": (None, [_PH]),
    "calibrator_add": (c_int, [_H, POINTER(_Image), _E]),
    "calibrator_get_ranges": (c_int, [_H, c_int, c_double, POINTER(c_char_p), _E]),
    "tracker_settings_init": (None, [POINTER(_TrackerSettings)]),
    "tracker_create": (c_int, [_PH, POINTER(_TrackerSettings), _E]),
    "tracker_destroy": (None, [_PH]),
    "tracker_reset": (None, [_H]),
    "tracker_update": (c_int, [_H, c_double, _H, _E]),
    "tracker_save": (c_size_t, [_H, c_void_p, c_size_t]),
    "tracker_restore": (c_int, [_PH, c_void_p, c_size_t, _E]),
    "governor_create": (c_int, [_PH, c_void_p, c_double, _E]),
    "governor_destroy": (None, [_PH]),
    "governor_get_count": (c_int, [_H]),
    "governor_get_settings": (c_int, [_H, c_int, c_void_p, _E]),
    "governor_update": (c_int, [_H, c_double, c_double]),
    "draw_settings_init": (None, [POINTER(_DrawSettings)]),
    "canvas_draw": (c_int, [POINTER(_Canvas), _H, POINTER(_DrawSettings), _E]),
}


def _find_library() -> str:
    told = os.environ.get("LIGHTPOSE_LIBRARY")
    if told:
        return told
    name = "liblightpose.so.%d" % API_VERSION
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in (here, os.path.dirname(here)):
        if os.path.exists(os.path.join(folder, name)):
            return os.path.join(folder, name)
    return name


def _load() -> ctypes.CDLL:
    path = _find_library()
    try:
        library = ctypes.CDLL(path)
    except OSError as problem:
        raise ImportError("cannot load liblightpose: %s; install it, or set LIGHTPOSE_LIBRARY to its file" % problem) from None
    for name, (result, arguments) in _PROTOTYPES.items():
        try:
            function = getattr(library, "lightpose_" + name)
        except AttributeError:
            raise ImportError("%s has no function lightpose_%s: it is another library, or another version" % (path, name)) \
                from None
        function.restype, function.argtypes = result, arguments
    if library.lightpose_api_version() != API_VERSION:
        raise ImportError("%s has interface %d, lightpose.py follows interface %d: install the two together"
                          % (path, library.lightpose_api_version(), API_VERSION))
    for name, structure in _STRUCTURES.items():
        size = library.lightpose_type_get_size(name.encode())
        if size != ctypes.sizeof(structure):
            raise ImportError("%s: %s has %d bytes there, %d in lightpose.py: install the two together"
                              % (path, name, size, ctypes.sizeof(structure)))
    return library


_library = _load()


def _function(name: str) -> Any:
    return getattr(_library, "lightpose_" + name)


def _call(name: str, *arguments: Any) -> None:
    error = _Error()
    status = _function(name)(*arguments, byref(error))
    if status:
        raise Error(status, error.text.decode("utf-8", "replace") or _text(_function("status_get_name")(status)))


def _text(value: Optional[bytes]) -> str:
    return (value or b"").decode("utf-8", "replace")


class _Handle:
    """Owns one handle of the library. Calls on it take turns, so that none can use what another closes."""

    _kind = ""

    def __init__(self) -> None:
        self._handle = c_void_p()
        self._lock = threading.RLock()

    def _open(self) -> c_void_p:
        """The handle; under the lock."""
        if not self._handle:
            raise ValueError("the %s is closed" % self._kind)
        return self._handle

    def close(self) -> None:
        """Frees it now; a second call does nothing. A call that another thread has in progress is finished first."""
        with self._lock:
            _function(self._kind + "_destroy")(byref(self._handle))

    @property
    def closed(self) -> bool:
        return not self._handle

    def __enter__(self) -> Any:
        with self._lock:
            self._open()
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None) and _function is not None:
            self.close()


# ---- Version, system, settings ---------------------------------------------------------------------------------------------


def version() -> str:
    """The library's version, "major.minor.patch"."""
    return _text(_library.lightpose_version())


class System(NamedTuple):
    """What the library runs on (lightpose_system)."""

    cpu: str
    engine: str
    drawing: str
    default_weights: str
    threads: int
    cpus: int
    quota: int


def system() -> System:
    """What the library runs on."""
    raw = _System()
    _library.lightpose_system_get(byref(raw))
    return System(_text(raw.cpu), _text(raw.engine), _text(raw.drawing), _text(raw.default_weights), raw.threads, raw.cpus,
                  raw.quota)


class Setting(NamedTuple):
    """A setting of Context and Calibrator: its default and range, both ends included (lightpose_setting)."""

    name: str
    group: str
    initial: float
    low: float
    high: float
    is_integer: bool


def settings() -> List[Setting]:
    """Every setting that Context and Calibrator take, as the library knows it."""
    known = []
    for index in range(_library.lightpose_setting_get_count()):
        raw = _Setting()
        if _library.lightpose_setting_get_info(index, byref(raw)):
            break
        known.append(Setting(_text(raw.name), _text(raw.group), raw.initial, raw.low, raw.high, bool(raw.is_integer)))
    return known


KEYPOINT_NAMES: Tuple[str, ...] = tuple(_text(_library.lightpose_keypoint_get_name(i)) for i in range(KEYPOINTS))


def _limbs() -> Tuple[Tuple[int, int], ...]:
    pairs = []
    for limb in range(LIMBS):
        start, end = c_int(), c_int()
        if _library.lightpose_limb_get_keypoints(limb, byref(start), byref(end)):
            raise ImportError("the library knows no limb %d" % limb)
        pairs.append((start.value, end.value))
    return tuple(pairs)


LIMB_KEYPOINTS: Tuple[Tuple[int, int], ...] = _limbs()


class _Settings:
    """lightpose_settings, which only the library reads: set and read by name."""

    def __init__(self, values: Dict[str, Any]) -> None:
        size = _library.lightpose_type_get_size(b"lightpose_settings")
        self.raw = (c_int64 * ((size + 7) // 8))()
        _library.lightpose_settings_init(self.raw)
        for name, value in values.items():
            if isinstance(value, (list, tuple)):
                for index, element in enumerate(value):
                    self._set("%s[%d]" % (name, index), element)
            else:
                self._set(name, value)

    def _set(self, name: str, value: Any) -> None:
        if isinstance(value, bool):
            value = int(value)
        text = value if isinstance(value, str) else repr(float(value)) if isinstance(value, float) else str(value)
        _call("settings_set", self.raw, name.encode(), text.encode())

    def get(self, name: str) -> float:
        value = c_double()
        _call("settings_get", self.raw, name.encode(), byref(value))
        return value.value


# ---- Buffers and images ----------------------------------------------------------------------------------------------------


class _PyBuffer(Structure):
    _fields_ = [("buf", c_void_p), ("obj", ctypes.py_object), ("len", c_ssize_t), ("itemsize", c_ssize_t),
                ("readonly", c_int), ("ndim", c_int), ("format", c_char_p), ("shape", POINTER(c_ssize_t)),
                ("strides", POINTER(c_ssize_t)), ("suboffsets", POINTER(c_ssize_t)), ("internal", c_void_p)]


_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_get_buffer.restype, _get_buffer.argtypes = c_int, [ctypes.py_object, POINTER(_PyBuffer), c_int]
_release_buffer = ctypes.pythonapi.PyBuffer_Release
_release_buffer.restype, _release_buffer.argtypes = None, [POINTER(_PyBuffer)]
_PYBUF_FULL_RO = 0x11C  # strides, format, suboffsets: what a memoryview gives


class _View:
    """The memory behind a buffer, held while this lives: its address, shape and strides. Nothing is copied."""

    def __init__(self, data: Any, what: str, formats: str) -> None:
        try:
            self.memory = data if isinstance(data, memoryview) else memoryview(data)
        except TypeError:
            raise TypeError("%s: a %s has no buffer; pass a numpy array, memoryview, bytes or bytearray"
                            % (what, type(data).__name__)) from None
        code = self.memory.format.lstrip("@=<")
        if code not in formats:
            raise TypeError("%s: elements of format '%s'; it takes %s" % (
                what, self.memory.format, "bytes (uint8)" if "B" in formats else "float32 in the machine's byte order"))
        if self.memory.suboffsets:
            raise ValueError("%s: a buffer of pointers to rows; copy it into one piece of memory" % what)
        raw = _PyBuffer()
        _get_buffer(self.memory, byref(raw), _PYBUF_FULL_RO)
        self.address: int = raw.buf or 0
        _release_buffer(byref(raw))  # self.memory holds the buffer
        self.shape = tuple(self.memory.shape or ())
        self.strides = tuple(self.memory.strides or ())


# Bytes of a sample, and how many columns and rows of pixels share it, for each plane.
_PLANES: Dict[str, Tuple[Tuple[int, int, int], ...]] = {
    "bgr24": ((3, 1, 1),),
    "rgb24": ((3, 1, 1),),
    "bgra": ((4, 1, 1),),
    "rgba": ((4, 1, 1),),
    "gray8": ((1, 1, 1),),
    "nv12": ((1, 1, 1), (2, 2, 2)),
    "i420": ((1, 1, 1), (1, 2, 2), (1, 2, 2)),
}


def _parse_format(name: str) -> Tuple[str, int]:
    value = c_int()
    _call("format_parse", byref(value), str(name).encode())
    return _text(_library.lightpose_format_get_name(value)), value.value


def _plane(view: _View, what: str, rows: int, row_bytes: int, stride: Optional[int]) -> Tuple[int, int]:
    """Address and stride of a plane of `rows` rows of `row_bytes` bytes, which lie wholly inside the buffer."""
    shape, strides = view.shape, view.strides
    if not shape:
        raise ValueError("%s: a buffer without dimensions" % what)
    if len(shape) == 1:
        step = row_bytes if stride is None else stride
        if strides[0] != 1 and shape[0] > 1:
            raise ValueError("%s: its bytes lie %d apart; they must be neighbours" % (what, strides[0]))
        if rows > 1 and abs(step) < row_bytes:
            raise ValueError("%s: stride %d is less than the %d bytes of a row" % (what, step, row_bytes))
        need = (rows - 1) * abs(step) + row_bytes
        if shape[0] < need:
            raise ValueError("%s: %d bytes; %d rows of %d bytes at stride %d need %d"
                             % (what, shape[0], rows, row_bytes, step, need))
        return view.address - (rows - 1) * min(step, 0), step
    if stride is not None:
        raise ValueError("%s: the array has strides of its own; leave `strides` out" % what)
    inner = 1
    for axis in range(len(shape) - 1, 0, -1):
        if strides[axis] != inner and shape[axis] > 1:
            raise ValueError("%s: strides %s: the pixels of a row must be neighbours from left to right "
                             "(numpy.ascontiguousarray makes a copy that has them)" % (what, strides))
        inner *= shape[axis]
    if shape[0] != rows or inner != row_bytes:
        raise ValueError("%s: shape %s; it takes %d rows of %d bytes" % (what, shape, rows, row_bytes))
    if rows > 1 and abs(strides[0]) < row_bytes:
        raise ValueError("%s: stride %d is less than the %d bytes of a row" % (what, strides[0], row_bytes))
    return view.address, strides[0]


class Image:
    """A view of pixels, which are neither copied nor kept longer than the Image.

    `data` is a buffer, or a sequence with one buffer for each plane. The format of an array of rows x columns x 3 is
    bgr24 (OpenCV's order), x 4 bgra, of rows x columns gray8; `format` names another: bgr24, rgb24, bgra, rgba, gray8,
    nv12, i420. A flat buffer needs `width` and `height`, and `strides` (bytes from row to row, for each plane) where rows
    are padded. A single buffer of nv12 or i420 holds the planes one after the other; as an array it has rows * 3 / 2 rows.

    A negative stride of a flat buffer means that its last row is the picture's first. Arrays bring their own strides.
    """

    def __init__(self, data: Any, format: Optional[str] = None, width: Optional[int] = None, height: Optional[int] = None,
                 strides: Union[None, int, Sequence[int]] = None, matrix: int = Matrix.BT601, range: int = Range.LIMITED,
                 pixel_aspect: float = 0) -> None:
        single = not isinstance(data, (list, tuple))
        views = [_View(part, "image", "Bc") for part in ([data] if single else data)]
        if not views:
            raise ValueError("image: no planes")
        shape = views[0].shape
        if format is None:
            format = {(2, 0): "gray8", (3, 1): "gray8", (3, 3): "bgr24", (3, 4): "bgra"}.get(
                (len(shape), shape[2] if len(shape) == 3 else 0))
            if format is None or len(views) > 1:
                raise ValueError("image: shape %s does not tell the format; name it, as format='rgb24'" % (shape,))
        self.format, self._number = _parse_format(format)
        layout = _PLANES[self.format]
        packed = single and len(layout) > 1
        if not packed and len(views) != len(layout):
            raise ValueError("image: %s has %d planes, not %d" % (self.format, len(layout), len(views)))
        if len(shape) > 1:
            if width is None:
                width = shape[1] if len(shape) == 3 else shape[1] // layout[0][0]
            if height is None:
                height = shape[0] * 2 // 3 if packed else shape[0]
        if width is None or height is None:
            raise ValueError("image: a flat buffer needs width and height")
        if width < 1 or height < 1:
            raise ValueError("image: %d x %d pixels" % (width, height))
        self.width, self.height = width, height
        self.matrix, self.range, self.pixel_aspect = matrix, range, pixel_aspect
        self._views = views
        steps: List[Optional[int]] = [None] * 3
        if strides is not None:
            given = [strides] if isinstance(strides, int) else list(strides)
            if packed or len(given) != len(layout):
                raise ValueError("image: %d strides; %s in %d buffers takes %d" % (
                    len(given), self.format, len(views), 0 if packed else len(layout)))
            steps[:len(given)] = given
        sizes = [(-(-height // down), -(-width // across) * sample) for sample, across, down in layout]
        if packed:
            self._planes = self._packed(views[0], sizes)
        else:
            self._planes = [_plane(view, "image" if len(views) == 1 else "plane %d" % number, rows, row_bytes, steps[number])
                            for number, (view, (rows, row_bytes)) in enumerate(zip(views, sizes))]

    def _packed(self, view: _View, sizes: List[Tuple[int, int]]) -> List[Tuple[int, int]]:
        shape, strides = view.shape, view.strides
        rows = sum(count for count, _ in sizes)
        if len(shape) == 2 and self.format == "nv12" and self.width % 2 == 0:  # one width: rows may be padded
            address, stride = _plane(view, "image", rows, self.width, None)
            return [(address, stride), (address + stride * sizes[0][0], stride)]
        if not view.memory.c_contiguous:
            raise ValueError("image: strides %s; %s in one buffer must lie in one piece; pass the planes one by one"
                             % (strides, self.format))
        need = sum(count * row_bytes for count, row_bytes in sizes)
        if view.memory.nbytes < need or (len(shape) > 1 and view.memory.nbytes != need):
            raise ValueError("image: %d bytes; %s of %d x %d has %d"
                             % (view.memory.nbytes, self.format, self.width, self.height, need))
        planes, address = [], view.address
        for count, row_bytes in sizes:
            planes.append((address, row_bytes))
            address += count * row_bytes
        return planes

    def _raw(self) -> _Image:
        raw = _Image(width=self.width, height=self.height, format=self._number, matrix=self.matrix, range=self.range,
                     pixel_aspect=self.pixel_aspect)
        for number, (address, stride) in enumerate(self._planes):
            raw.planes[number], raw.strides[number] = address, stride
        return raw

    def crop(self, x: int, y: int, width: int, height: int) -> Tuple["Image", int, int]:
        """A view of the region, and its corner, which is to be added to the coordinates of its poses."""
        raw, left, top = self._raw(), c_int(x), c_int(y)
        _call("image_crop", byref(raw), byref(left), byref(top), width, height)
        part = Image.__new__(Image)
        part.__dict__.update(self.__dict__)
        part.width, part.height = raw.width, raw.height
        part._planes = [(raw.planes[number], raw.strides[number]) for number in range(len(self._planes))]
        return part, left.value, top.value


def _as_image(image: Any, format: Optional[str]) -> Image:
    if isinstance(image, Image):
        if format is not None:
            raise ValueError("image: an Image has its format already; leave `format` out")
        return image
    return Image(image, format)


# ---- Model -----------------------------------------------------------------------------------------------------------------


class ModelInfo(NamedTuple):
    """What the weights file says (lightpose_model_info)."""

    variant: str
    source: str
    licence: str
    accuracy: str
    checksum: str
    dtype: str
    has_int8_ranges: bool
    parameters: int


class Model(_Handle):
    """Weights, shared by any number of contexts and threads. `path` None: $LIGHTPOSE_WEIGHTS, else the installed ones."""

    _kind = "model"

    def __init__(self, path: Union[None, str, "os.PathLike[str]"] = None) -> None:
        super().__init__()
        _call("model_create", byref(self._handle), None if path is None else os.fsencode(path))

    @classmethod
    def from_bytes(cls, data: Any) -> "Model":
        """From a weights file in memory, which is copied."""
        view = _View(data, "weights", "Bc")
        if not view.memory.c_contiguous:
            raise ValueError("weights: the bytes must lie in one piece")
        model = cls.__new__(cls)
        _Handle.__init__(model)
        _call("model_create_from_memory", byref(model._handle), view.address, view.memory.nbytes)
        return model

    @property
    def info(self) -> ModelInfo:
        raw = _ModelInfo()
        with self._lock:
            _library.lightpose_model_get_info(self._open(), byref(raw))
            return ModelInfo(_text(raw.variant), _text(raw.source), _text(raw.licence), _text(raw.accuracy),
                             _text(raw.checksum), _text(raw.dtype), bool(raw.has_int8_ranges), raw.parameters)

    def _retain(self) -> c_void_p:
        """A reference of the caller's own, so that this one may be closed meanwhile."""
        with self._lock:
            return c_void_p(_library.lightpose_model_retain(self._open()))


# ---- Results ---------------------------------------------------------------------------------------------------------------


class Keypoint(NamedTuple):
    """Position in image pixels, score, and State as a number."""

    x: float
    y: float
    score: float
    state: int


class Box(NamedTuple):
    """Around the detected keypoints, in image pixels."""

    x: float
    y: float
    width: float
    height: float


class Pose(NamedTuple):
    """One person (lightpose_pose). `keypoints` has 18, in the order of KEYPOINT_NAMES; `id` is -1 without a tracker."""

    keypoints: Tuple[Keypoint, ...]
    score: float = 0
    rank: float = 0
    box: Box = Box(0, 0, 0, 0)
    keypoint_count: int = 0
    id: int = -1


class Result(_Handle):
    """The poses of one image, in order of rank: a sequence of Pose. One Result may serve every frame."""

    _kind = "result"

    def __init__(self) -> None:
        super().__init__()
        _call("result_create", byref(self._handle))

    def __len__(self) -> int:
        with self._lock:
            return int(_library.lightpose_result_get_count(self._open()))

    def __getitem__(self, index: int) -> Pose:
        with self._lock:
            count = len(self)
            if not -count <= index < count:
                raise IndexError("pose %d of %d" % (index, count))
            raw = _library.lightpose_result_get_pose(self._open(), index % count).contents
            return Pose(tuple(Keypoint(k.x, k.y, k.score, k.state) for k in raw.keypoints), raw.score, raw.rank,
                        Box(raw.box.x, raw.box.y, raw.box.width, raw.box.height), raw.keypoint_count, raw.id)

    @property
    def poses(self) -> List[Pose]:
        """All of them, as a list that later frames leave alone."""
        with self._lock:
            return [self[index] for index in range(len(self))]

    def __iter__(self) -> Iterator[Pose]:
        return iter(self.poses)

    def assign(self, poses: Iterable[Pose]) -> None:
        """Replaces the contents: to select people, move them, or draw poses of one's own."""
        wanted = list(poses)
        raw = (_Pose * len(wanted))()
        for to, pose in zip(raw, wanted):
            if len(pose.keypoints) != KEYPOINTS:
                raise ValueError("a pose has %d keypoints, not %d" % (KEYPOINTS, len(pose.keypoints)))
            for number, keypoint in enumerate(pose.keypoints):
                to.keypoints[number] = _Keypoint(*keypoint)
            to.score, to.rank, to.box, to.keypoint_count, to.id = \
                pose.score, pose.rank, _Box(*pose.box), pose.keypoint_count, pose.id
        with self._lock:
            _call("result_assign", self._open(), raw, len(wanted))


# ---- Inference -------------------------------------------------------------------------------------------------------------


class Maps(NamedTuple):
    """Heatmaps and part affinity fields, float32: HEATMAPS and PAFS maps of `height` rows of `width` cells.

    They are memoryviews of shape (maps, rows, columns); numpy.asarray wraps them. lightpose_maps explains the rest.
    """

    heatmaps: Any
    pafs: Any
    scale: float = 0
    pad_x: float = 0
    pad_y: float = 0
    pixel_aspect: float = 0


class Stats(NamedTuple):
    """Counters, times of the last frame in nanoseconds, and resolved settings (lightpose_stats)."""

    frames: int
    preprocess_ns: int
    network_ns: int
    average_ns: int
    peaks_ns: int
    group_ns: int
    total_ns: int
    net_width: int
    net_height: int
    threads: int
    precision: str
    decoder: str
    crops: int


class _Locked:
    """Locks of several handles at once, always in the same order."""

    def __init__(self, *handles: _Handle) -> None:
        self._locks = [handle._lock for handle in sorted(handles, key=id)]

    def __enter__(self) -> None:
        for lock in self._locks:
            lock.acquire()

    def __exit__(self, *_: Any) -> None:
        for lock in reversed(self._locks):
            lock.release()


class Context(_Handle):
    """One worker. Settings are given by name, as lightpose_settings has them: Context(model, threads=2, height=368,
    precision="f32", extra_heights=[512]); `settings()` lists them. Without a model it can only decode maps."""

    _kind = "context"

    def __init__(self, model: Optional[Model] = None, **settings: Any) -> None:
        super().__init__()
        if model is not None and not isinstance(model, Model):
            raise TypeError("a Context takes a Model, not a %s" % type(model).__name__)
        self._settings = _Settings(settings)
        _create_with(model, "context_create", self._handle, self._settings)

    def get_setting(self, name: str) -> float:
        """The setting as a number, as it was given or by default."""
        return self._settings.get(name)

    def prepare(self, width: int, height: int) -> None:
        """Makes the first frame of this size as fast as the rest. Optional."""
        with self._lock:
            _call("context_prepare", self._open(), width, height)

    def infer(self, image: Any, result: Optional[Result] = None, format: Optional[str] = None) -> Result:
        """Finds the people in an Image or a buffer (see Image, also for `format`). Returns `result`, or a new one."""
        view = _as_image(image, format)
        raw = view._raw()
        into = Result() if result is None else result
        with _Locked(self, into):
            _call("context_infer", self._open(), byref(raw), into._open())
        return into

    def restart(self) -> None:
        """The next frame is the first of another video (setting follow)."""
        with self._lock:
            _library.lightpose_context_restart(self._open())

    def maps(self) -> Maps:
        """A copy of the last frame's maps."""
        raw = _Maps()
        with self._lock:
            _call("context_get_maps", self._open(), byref(raw))
            cells = raw.width * raw.height
            heatmaps, pafs = (
                memoryview(ctypes.string_at(address, 4 * cells * count)).cast("f", shape=[count, raw.height, raw.width])
                for address, count in ((raw.heatmaps, HEATMAPS), (raw.pafs, PAFS)))
        return Maps(heatmaps, pafs, raw.scale, raw.pad_x, raw.pad_y, raw.pixel_aspect)

    def decode(self, maps: Maps, result: Optional[Result] = None) -> Result:
        """Runs the decoder alone, on maps of one's own: float32 in one piece. Returns `result`, or a new one."""
        views = []
        for name, data, count in (("heatmaps", maps.heatmaps, HEATMAPS), ("pafs", maps.pafs, PAFS)):
            view = _View(data, name, "f")
            if len(view.shape) != 3 or view.shape[0] != count or not view.memory.c_contiguous:
                raise ValueError("%s: shape %s, strides %s; it takes (%d, rows, columns) in one piece"
                                 % (name, view.shape, view.strides, count))
            views.append(view)
        if views[0].shape[1:] != views[1].shape[1:]:
            raise ValueError("maps: heatmaps of %d rows, %d columns; pafs of %d, %d"
                             % (views[0].shape[1:] + views[1].shape[1:]))
        raw = _Maps(width=views[0].shape[2], height=views[0].shape[1], heatmaps=views[0].address, pafs=views[1].address,
                    scale=maps.scale, pad_x=maps.pad_x, pad_y=maps.pad_y, pixel_aspect=maps.pixel_aspect)
        into = Result() if result is None else result
        with _Locked(self, into):
            _call("context_decode", self._open(), byref(raw), into._open())
        return into

    @property
    def stats(self) -> Stats:
        raw = _Stats()
        with self._lock:
            _library.lightpose_context_get_stats(self._open(), byref(raw))
        values = {name: getattr(raw, name) for name in Stats._fields}
        values["precision"] = _text(_library.lightpose_precision_get_name(raw.precision))
        values["decoder"] = _text(_library.lightpose_decoder_get_name(raw.decoder))
        return Stats(**values)


def _create_with(model: Optional[Model], function: str, handle: c_void_p, values: _Settings) -> None:
    own = c_void_p() if model is None else model._retain()
    try:
        _call(function, byref(handle), own, values.raw)
    finally:
        _library.lightpose_model_destroy(byref(own))


class Calibrator(_Handle):
    """Measures the ranges of activations that int8 needs (lightpose_calibrator). Settings are given as for Context."""

    _kind = "calibrator"

    def __init__(self, model: Model, **settings: Any) -> None:
        super().__init__()
        if not isinstance(model, Model):
            raise TypeError("a Calibrator takes a Model, not a %s" % type(model).__name__)
        _create_with(model, "calibrator_create", self._handle, _Settings(settings))

    def add(self, image: Any, format: Optional[str] = None) -> None:
        """Adds an image, as for Context.infer."""
        view = _as_image(image, format)
        raw = view._raw()
        with self._lock:
            _call("calibrator_add", self._open(), byref(raw))

    def ranges(self, method: int = Calibration.DEFAULT, share: float = 0) -> str:
        """The text of activation_ranges in a weights file."""
        text = c_char_p()
        with self._lock:
            _call("calibrator_get_ranges", self._open(), method, share, byref(text))
            return _text(text.value)


# ---- Tracking --------------------------------------------------------------------------------------------------------------


class Tracker(_Handle):
    """The people of one video: ids that persist, and smoothed keypoints. Settings are the fields of
    lightpose_tracker_settings: Tracker(expect_people=2, order=Order.X)."""

    _kind = "tracker"

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        raw = _TrackerSettings()
        _library.lightpose_tracker_settings_init(byref(raw))
        _fill(raw, settings, "tracker")
        _call("tracker_create", byref(self._handle), byref(raw))

    def update(self, time_seconds: float, result: Result) -> Result:
        """Gives the next frame's poses their ids and smooths them, in place. Returns `result`."""
        with _Locked(self, result):
            _call("tracker_update", self._open(), time_seconds, result._open())
        return result

    def reset(self) -> None:
        """Forgets everyone, as for a cut to another scene."""
        with self._lock:
            _library.lightpose_tracker_reset(self._open())

    def save(self) -> bytes:
        """Its state, for `restore`, also in another process of the same build of the library."""
        with self._lock:
            size = _library.lightpose_tracker_save(self._open(), None, 0)
            data = ctypes.create_string_buffer(size)
            _library.lightpose_tracker_save(self._open(), data, size)
        return data.raw

    @classmethod
    def restore(cls, data: Any) -> "Tracker":
        """A tracker that continues where the saved one was."""
        view = _View(data, "saved tracker", "Bc")
        if not view.memory.c_contiguous:
            raise ValueError("saved tracker: the bytes must lie in one piece")
        tracker = cls.__new__(cls)
        _Handle.__init__(tracker)
        _call("tracker_restore", byref(tracker._handle), view.address, view.memory.nbytes)
        return tracker


class Governor(_Handle):
    """Holds each frame within a time by ever cheaper settings, beside whatever else the machine does
    (lightpose_governor). Settings are given as for Context:

        governor = Governor(0.05, second_look=8)
        contexts = [Context(model, **governor.settings(level)) for level in range(len(governor))]
        level = 0
        for frame in frames:
            contexts[level].infer(frame)
            level = governor.update(time, latency)
    """

    _kind = "governor"

    def __init__(self, target_seconds: float, **settings: Any) -> None:
        super().__init__()
        self._given = dict(settings)
        _call("governor_create", byref(self._handle), _Settings(settings).raw, target_seconds)

    def __len__(self) -> int:
        with self._lock:
            return int(_library.lightpose_governor_get_count(self._open()))

    def _level(self, level: int) -> _Settings:
        values = _Settings({})
        with self._lock:
            _call("governor_get_settings", self._open(), level, values.raw)
        return values

    def settings(self, level: int) -> Dict[str, Any]:
        """What a Context of this level takes: at level 0 what was given, then less and less."""
        full, wanted = self._level(0), self._level(level)
        values = dict(self._given)
        for setting in settings():
            value = wanted.get(setting.name)
            if value != full.get(setting.name):
                values[setting.name] = int(value) if setting.is_integer else value
        return values

    def update(self, time_seconds: float, latency_seconds: float) -> int:
        """A frame is done, at a time of a clock that is never set back, so long after it came. Returns the level of
        the next. Leave out frames that prepared a context."""
        with self._lock:
            return int(_library.lightpose_governor_update(self._open(), time_seconds, latency_seconds))


def _fill(raw: Structure, values: Dict[str, Any], what: str) -> None:
    known = [name for name, *_ in raw._fields_ if name != "reserved"]
    for name, value in values.items():
        if name not in known:
            raise TypeError("the %s has no setting '%s'; it has %s" % (what, name, ", ".join(known)))
        setattr(raw, name, value)


# ---- Drawing ---------------------------------------------------------------------------------------------------------------


def draw(image: Any, result: Result, format: Optional[str] = None, **settings: Any) -> None:
    """Draws the poses on the pixels of `image`, a writable buffer or an Image of bgr24, rgb24, bgra or rgba.

    Settings are the fields of lightpose_draw_settings: draw(frame, result, boxes=1, opacity=0.5).
    """
    view = _as_image(image, format)
    if view._views[0].memory.readonly:
        raise ValueError("image: its memory is read-only; draw on a bytearray or a writable array")
    address, stride = view._planes[0]
    raw = _DrawSettings()
    _library.lightpose_draw_settings_init(byref(raw))
    _fill(raw, settings, "drawing")
    canvas = _Canvas(pixels=address, stride=stride, width=view.width, height=view.height, format=view._number)
    with result._lock:
        _call("canvas_draw", byref(canvas), result._open(), byref(raw))


# ---- As a program ----------------------------------------------------------------------------------------------------------


def _read_ppm(data: bytes) -> Image:
    """A binary PPM of one byte a sample."""
    words: List[bytes] = []
    at = 0
    while len(words) < 4:
        while data[at:at + 1].isspace():
            at += 1
        if data[at:at + 1] == b"#":
            at = data.find(b"\n", at) % (len(data) + 1)
            continue
        end = at
        while end < len(data) and not data[end:end + 1].isspace():
            end += 1
        if end == at:
            raise ValueError("a PPM that ends within its head")
        words.append(data[at:end])
        at = end
    if words[0] != b"P6" or words[3] != b"255" or not words[1].isdigit() or not words[2].isdigit():
        raise ValueError("not a binary PPM of one byte a sample")
    return Image(memoryview(data)[at + 1:], "rgb24", int(words[1]), int(words[2]))


def _read_picture(path: str) -> Image:
    """A PPM by itself, any other format through the program ffmpeg, converted as the lightpose command does it."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:2] == b"P6":
        return _read_ppm(data)
    command = ["ffmpeg", "-v", "error", "-i", "pipe:0", "-frames:v", "1", "-sws_flags",
               "bilinear+accurate_rnd+full_chroma_int+full_chroma_inp", "-pix_fmt", "rgb24", "-c:v", "ppm", "-f",
               "image2pipe", "pipe:1"]
    try:
        done = subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    except FileNotFoundError:
        raise ValueError("formats other than PPM are read by the program ffmpeg: install it, or make a PPM, as with "
                         "'convert PHOTO photo.ppm'") from None
    if done.returncode or not done.stdout:
        raise ValueError("ffmpeg cannot read it: %s" % done.stderr.decode("utf-8", "replace").strip())
    return _read_ppm(done.stdout)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Prints the people of pictures, one JSON object a line. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="lightpose.py", description="Finds the people in pictures: one line of JSON for each.")
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help="a PPM; other formats are read by the program ffmpeg")
    parser.add_argument("-w", "--weights", help="weights file (default: $LIGHTPOSE_WEIGHTS, else the installed one)")
    parser.add_argument("-s", "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting, as height=368")
    options = parser.parse_args(arguments)
    try:
        values = dict(pair.split("=", 1) for pair in options.set)
    except ValueError:
        parser.error("--set takes NAME=VALUE")
    try:
        with Model(options.weights) as model, Context(model, **values) as context, Result() as result:
            for path in options.pictures:
                try:
                    for pose in context.infer(_read_picture(path), result):
                        print(json.dumps({"picture": path, "score": pose.score, "rank": pose.rank, "box": pose.box,
                                          "keypoints": {name: [k.x, k.y, k.score]
                                                        for name, k in zip(KEYPOINT_NAMES, pose.keypoints)
                                                        if k.state == State.DETECTED}}))
                except (OSError, ValueError, Error) as problem:
                    raise SystemExit("lightpose.py: %s: %s" % (path, problem)) from None
    except Error as problem:
        raise SystemExit("lightpose.py: %s" % problem) from None
    return 0


if __name__ == "__main__":
    sys.exit(main())
