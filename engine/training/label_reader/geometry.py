# SPDX-License-Identifier: MIT
"""How a flat drawing comes to lie in a picture: perspective, skew and letterbox bars; boxes move with it."""
import math

import numpy as np

IDENTITY = np.eye(3)


def apply(matrix, points):
    """Points (N, 2) moved by a 3 x 3 matrix."""
    moved = np.c_[points, np.ones(len(points))] @ matrix.T
    return moved[:, :2] / moved[:, 2:]


def move_boxes(matrix, boxes):
    """Boxes (N, 4) x0, y0, x1, y1 -> the upright boxes around their moved corners."""
    if matrix is IDENTITY or len(boxes) == 0:
        return boxes
    x0, y0, x1, y1 = boxes.T
    corners = np.stack([np.stack(p, 1) for p in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))])
    moved = apply(matrix, corners.reshape(-1, 2)).reshape(4, len(boxes), 2)
    return np.concatenate([moved.min(0), moved.max(0)], 1)


def shift(x, y):
    return np.array([[1.0, 0, x], [0, 1, y], [0, 0, 1]])


def scale(factor):
    return np.diag([factor, factor, 1.0])


def perspective(rng, width, height, degrees):
    """A view of the plane turned about all axes by a camera some widths away; the centre stays."""
    yaw, pitch = (math.radians(rng.gauss(0, degrees / 2)) for _ in range(2))
    limit = math.radians(degrees)
    yaw, pitch = max(-limit, min(limit, yaw)), max(-limit, min(limit, pitch))
    roll = math.radians(max(-5, min(5, rng.gauss(0, 2))))
    focal = width * rng.uniform(1.1, 2.5)
    about_x = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    about_y = np.array([[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]])
    about_z = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    turned = about_x @ about_y @ about_z
    plane = np.stack([turned[:, 0], turned[:, 1], np.array([0, 0, focal])], 1)  # columns: x, y, origin
    projected = np.diag([focal, focal, 1.0]) @ plane
    return shift(width / 2, height / 2) @ projected @ shift(-width / 2, -height / 2)


def skew(rng, width, height):
    """A hardly turned scan."""
    angle = math.radians(rng.gauss(0, 0.8))
    turn = np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
    size = rng.uniform(0.95, 1.0)
    return shift(width / 2, height / 2) @ turn @ scale(size) @ shift(-width / 2, -height / 2)


def choose_picture(rng, width, height):
    """The part of the canvas that a frame covers: all of it, or with letterbox bars at two sides."""
    if rng.random() < 0.5:
        return 0, 0, width, height
    part = rng.uniform(0.72, 1.0)
    if rng.random() < 0.5:
        side = round(width * part)
        return (width - side) // 2, 0, (width - side) // 2 + side, height
    side = round(height * part)
    return 0, (height - side) // 2, width, (height - side) // 2 + side


def into_picture(rng, picture, width, height):
    """Shrinks the plane into the picture, somewhere in the room that is left."""
    x0, y0, x1, y1 = picture
    factor = min((x1 - x0) / width, (y1 - y0) / height)
    room_x, room_y = (x1 - x0) - factor * width, (y1 - y0) - factor * height
    return shift(x0 + rng.random() * room_x, y0 + rng.random() * room_y) @ scale(factor)


def is_inside(boxes, picture, margin=2):
    """Whether all boxes lie in the picture."""
    x0, y0, x1, y1 = picture
    return len(boxes) == 0 or bool((boxes[:, 0] >= x0 + margin).all() and (boxes[:, 1] >= y0 + margin).all()
                                   and (boxes[:, 2] <= x1 - margin).all() and (boxes[:, 3] <= y1 - margin).all())
