"""OpenCV, set up so that pixels depend neither on the processor nor on threads: import ``cv2`` from here."""

import os

# Intel's primitives give other results with other instruction sets. ``cv2.ipp.setUseIPP`` holds for one thread alone.
os.environ["OPENCV_IPP"] = "disabled"

import cv2

cv2.setNumThreads(1)
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # what hinders decoding gets our line

__all__ = ["cv2"]
