"""Pictures of an environment, drawn from a scene: rows of named values, and the network behind them.

A scene is {"rows": [(name, values, low, high)], "graph": {"x", "y", "levels", "sources", "targets",
"weights"}}, as env/render.hpp describes it. Left in the picture is a raster of the last steps, one strip
a row, the newest at the right end; right are the neurons, brighter when more active, and the strongest
synapses, red excitatory and blue inhibitory.
"""

import os
from collections import deque
from typing import Any

import gymnasium
import numpy as np

from noesis.errors import ConfigError
from noesis.glyphs import GLYPH_HEIGHT, draw_text

METADATA: dict[str, Any] = {"render_modes": ["human", "rgb_array", "ansi"], "render_fps": 10}

WIDTH, HEIGHT = 720, 400
HISTORY = 100
"""Steps that the raster shows."""

_MARGIN = 10
_RASTER = (_MARGIN, _MARGIN, 330, HEIGHT - 2 * _MARGIN)  # x, y, width, height
_NETWORK = (380, 40, 320, 320)
_BACKGROUND = np.array([18, 18, 24], np.uint8)
_TEXT = np.array([200, 200, 210], np.uint8)


def _colours(anchors: list[tuple[int, int, int]]) -> np.ndarray:
    """(256, 3) colours, linear between anchors at equal distances."""
    places = np.linspace(0, 255, len(anchors))
    return np.stack([np.interp(np.arange(256), places, c) for c in np.transpose(anchors)], -1).astype(np.uint8)


_LEVELS = _colours([(13, 8, 50), (90, 24, 120), (190, 55, 80), (250, 140, 40), (250, 240, 150)])
_SIGNED = _colours([(70, 130, 250), (30, 50, 110), (24, 24, 30), (120, 40, 40), (250, 100, 80)])


def check_mode(mode: str | None) -> None:
    """Raises ConfigError for an unknown render mode."""
    if mode is not None and mode not in METADATA["render_modes"]:
        raise ConfigError(
            what="unknown render mode",
            where="render_mode",
            got=repr(mode),
            allowed="None, " + ", ".join(map(repr, METADATA["render_modes"])),
        )


def ansi(rows: list[tuple]) -> str:
    """A line a row: its name and one block character a value."""
    width = max((len(row[0]) for row in rows), default=0)
    lines = []
    for name, values, low, high in rows:
        blocks = "".join(" ▁▂▃▄▅▆▇█"[int(8 * share + 0.5)] for share in _shares(values, low, high))
        lines.append(f"{name:<{width}} |{blocks}|\n")
    return "".join(lines)


class Renderer:
    """What one environment shows, step by step, in one render mode."""

    def __init__(self, mode: str):
        self._mode = mode
        self._frames: deque[list] = deque(maxlen=HISTORY)  # rows, oldest first
        self._network = _NetworkView()
        self._window = _Window() if mode == "human" else None

    def restart(self) -> None:
        """A new episode: the raster begins anew."""
        self._frames.clear()

    def look(self, scene: dict) -> None:
        """Adds a step to the raster; the mode human also shows it."""
        if self._mode == "ansi":
            return
        self._frames.append(scene["rows"])
        if self._window is not None:
            self._window.show(self._picture(scene))

    def render(self, scene: dict) -> np.ndarray | str | None:
        """The frame of the mode; human has none."""
        if self._mode == "human":
            return None
        return ansi(scene["rows"]) if self._mode == "ansi" else self._picture(scene)

    def close(self) -> None:
        if self._window is not None:
            self._window.close()

    def _picture(self, scene: dict) -> np.ndarray:
        picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
        picture[:] = _BACKGROUND
        _draw_raster(picture, list(self._frames) or [scene["rows"]])
        self._network.draw(picture, scene["graph"])
        return picture


def _shares(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Where values lie between low and high, in [0, 1]; what is not finite is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = (np.asarray(values, float) - low) / (high - low)
    return np.clip(np.where(np.isfinite(shares), shares, 0.0), 0.0, 1.0)


def _draw_raster(picture: np.ndarray, frames: list) -> None:
    """One strip for each row of the newest frame, higher where there is more to be seen."""
    rows = frames[-1]
    x, y, width, height = _RASTER
    label = GLYPH_HEIGHT + 6
    if not rows:
        return
    weights = np.array([np.log2(2 + len(row[1])) for row in rows])
    heights = np.maximum((weights / weights.sum() * (height - label * len(rows))).astype(int), 1)
    ages = np.arange(width) * HISTORY // width - (HISTORY - len(frames))  # frame under each pixel column
    for index, (name, values, low, high) in enumerate(rows):
        draw_text(picture, x, y, name, _TEXT)
        y += label
        history = np.stack([_shares(frame[index][1], low, high) for frame in frames], axis=1)
        neurons = np.arange(heights[index]) * max(len(values), 1) // heights[index]
        strip = picture[y : y + heights[index], x : x + width]
        strip[:] = _BACKGROUND + np.uint8(10)
        if len(values):
            table = _SIGNED if low < 0 < high else _LEVELS
            shown = ages >= 0
            strip[:, shown] = table[(255 * history[neurons][:, ages[shown]]).astype(np.uint8)]
        y += heights[index]


class _NetworkView:
    """Neurons and synapses. Synapses are drawn once for each network."""

    def __init__(self) -> None:
        self._key: bytes | None = None
        self._synapses = np.zeros((0, 0, 3), np.uint8)

    def draw(self, picture: np.ndarray, graph: dict) -> None:
        x, y, width, height = _NETWORK
        levels = np.asarray(graph["levels"])
        if len(levels) == 0:
            return
        columns = np.rint(np.asarray(graph["x"]) * (width - 1)).astype(int)
        rows = np.rint((1 - np.asarray(graph["y"])) * (height - 1)).astype(int)
        key = b"".join(np.asarray(graph[name]).tobytes() for name in ("x", "y", "sources", "targets", "weights"))
        if key != self._key:
            self._key, self._synapses = key, _draw_synapses(columns, rows, graph)
        picture[y : y + height, x : x + width] = self._synapses
        radius = 2 if len(levels) > 100 else 4 if len(levels) > 30 else 6
        span = np.arange(-radius, radius + 1)
        disc = [(dy, dx) for dy in span for dx in span if dy * dy + dx * dx <= radius * radius + 1]
        colours = _LEVELS[(255 * levels).astype(np.uint8)]
        for dy, dx in disc:
            picture[y + rows + dy, x + columns + dx] = colours
        draw_text(picture, x, y - 10 - 2 * GLYPH_HEIGHT, f"{len(levels)} neurons", _TEXT)


def _draw_synapses(columns: np.ndarray, rows: np.ndarray, graph: dict) -> np.ndarray:
    _, _, width, height = _NETWORK
    layer = np.empty((height, width, 3), np.uint8)
    layer[:] = _BACKGROUND
    sources, targets = np.asarray(graph["sources"]), np.asarray(graph["targets"])
    weights = np.asarray(graph["weights"])
    along = np.linspace(0, 1, 2 * max(width, height))
    for k in range(len(weights))[::-1]:  # the strongest last, on top
        xs = np.rint(columns[sources[k]] + along * (columns[targets[k]] - columns[sources[k]])).astype(int)
        ys = np.rint(rows[sources[k]] + along * (rows[targets[k]] - rows[sources[k]])).astype(int)
        # From the middle of the table, so that the weakest can still be seen.
        layer[ys, xs] = _SIGNED[int(127.5 + np.sign(weights[k]) * (30 + 90 * abs(weights[k])))] // 4 * 3
    return layer


class _Window:
    """A window of pygame, opened by the first picture."""

    def __init__(self) -> None:
        os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # standard output is the program's
        try:
            import pygame
        except ImportError as error:
            raise gymnasium.error.DependencyNotInstalled(
                "render_mode='human' needs pygame; run `pip install pygame`"
            ) from error
        self._pygame = pygame
        self._screen: Any = None
        self._clock: Any = None

    def show(self, picture: np.ndarray) -> None:
        pygame = self._pygame
        if self._screen is None:
            self._open_display()
            pygame.display.set_caption("noesis")
            self._screen = pygame.display.set_mode((WIDTH, HEIGHT))
            self._clock = pygame.time.Clock()
        self._screen.blit(pygame.surfarray.make_surface(picture.swapaxes(0, 1)), (0, 0))
        pygame.event.pump()
        pygame.display.flip()
        self._clock.tick(METADATA["render_fps"])

    def _open_display(self) -> None:
        instead = "use render_mode='rgb_array' (with gymnasium.wrappers.RecordVideo for a video) or 'ansi'"
        try:
            self._pygame.display.init()
        except self._pygame.error as error:
            raise ConfigError(
                what="no window can be opened", where="render_mode", got=f"'human', and pygame says: {error}", next=instead
            ) from error
        # Where there is no display SDL draws into memory and says nothing; who asked for that, knows.
        if self._pygame.display.get_driver() in {"offscreen", "dummy"} and "SDL_VIDEODRIVER" not in os.environ:
            gymnasium.logger.warn(
                f"render_mode='human' has no display here, so that nothing is seen and steps still wait for it: {instead}"
            )

    def close(self) -> None:
        if self._screen is not None:
            self._pygame.display.quit()
            self._screen = None
