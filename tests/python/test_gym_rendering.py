"""Pictures of environments."""

import gymnasium
import noesis
import numpy as np
import pytest
from noesis import rendering

from test_gym import IDS, STEER


@pytest.mark.parametrize("env_id", IDS)
def test_frames_show_what_happens(env_id, route):
    env = gymnasium.make(env_id, render_mode="rgb_array", **route)
    env.reset(seed=1)
    frames = [env.render()]
    for _ in range(3):
        env.step(env.action_space.sample())
        frames.append(env.render())
    assert all(f.dtype == np.uint8 and f.shape == (rendering.HEIGHT, rendering.WIDTH, 3) for f in frames)
    raster = [frame[:, :350] for frame in frames]
    assert not np.array_equal(raster[0], raster[-1])
    assert np.array_equal(env.render(), frames[-1])  # looking changes nothing


# Goes red when neurons lie elsewhere, are not coloured by their level, or excitation is not red.
def test_neurons_and_synapses():
    graph = {
        "x": np.array([0.0, 1.0, 0.5]),
        "y": np.array([0.0, 0.0, 1.0]),
        "levels": np.array([0.0, 1.0, 0.5]),
        "sources": np.array([0, 1], np.int32),
        "targets": np.array([1, 2], np.int32),
        "weights": np.array([1.0, -0.5], np.float32),
    }
    renderer = rendering.Renderer("rgb_array")
    frame = renderer.render({"rows": [("rate", np.zeros(3), 0, 1)], "graph": graph})
    x, y, width, height = rendering._NETWORK
    dark, bright = frame[y + height - 1, x], frame[y + height - 1, x + width - 1]
    assert bright.sum() > frame[y, x + round(width / 2)].sum() > dark.sum()
    excitatory = frame[y + height - 1, x + width // 2].astype(int)
    middle = x + round(0.75 * (width - 1))
    inhibitory = frame[y + height // 2, middle - 1 : middle + 2].astype(int).max(axis=0)
    assert excitatory[0] > excitatory[2] + 50 and inhibitory[2] > inhibitory[0] + 30


def test_the_raster_shows_the_last_steps():
    renderer = rendering.Renderer("rgb_array")
    none = {name: np.zeros(0) for name in ("x", "y", "levels", "sources", "targets", "weights")}
    for level in (0.0, np.nan, 1.0):
        scene = {"rows": [("rate", np.array([level]), 0.0, 1.0)], "graph": none}
        renderer.look(scene)
    x, y, width, height = rendering._RASTER
    line = renderer.render(scene)[y + height // 2, x : x + width].astype(int).sum(axis=-1)
    step = width // rendering.HISTORY
    assert line[-1] > 500 > 100 > line[-1 - step] == line[-1 - 2 * step] != line[0]
    renderer.restart()
    renderer.look(scene)
    line = renderer.render(scene)[y + height // 2, x : x + width].astype(int).sum(axis=-1)
    assert line[-1] > 500 and line[-1 - 2 * step] == line[0]


@pytest.mark.parametrize("env_id", IDS)
def test_text_is_that_of_cpp(env_id):
    env = gymnasium.make(env_id, render_mode="ansi")
    env.reset(seed=1)
    env.step(env.action_space.sample())
    text = env.render()
    assert type(text) is str and text == env.unwrapped._core.render_ansi(0)


# SDL_VIDEODRIVER=dummy: a window that nobody sees.
def test_the_window_shows_the_picture(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame = pytest.importorskip("pygame")
    env = gymnasium.make(STEER, render_mode="human")
    picture = gymnasium.make(STEER, render_mode="rgb_array")
    env.reset(seed=1), picture.reset(seed=1)
    assert env.render() is None
    shown = pygame.surfarray.array3d(pygame.display.get_surface()).swapaxes(0, 1)
    assert np.array_equal(shown, picture.render())
    env.close()
    env.close()
    assert not pygame.display.get_init()


# Goes red when somebody on a machine without a screen waits for a window and is not told.
def test_without_a_display_human_says_what_to_do(monkeypatch):
    pygame = pytest.importorskip("pygame")
    for variable in ("SDL_VIDEODRIVER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(pygame.display, "get_driver", lambda: "offscreen")
    env = noesis.make_env(STEER, render_mode="human")
    with pytest.warns(UserWarning, match="no display here.*rgb_array.*ansi") as said:
        env.reset(seed=1)
        env.step(env.action_space.sample())
    assert len(said) == 1
    env.close()
    monkeypatch.setenv("SDL_VIDEODRIVER", "none-such")
    env = noesis.make_env(STEER, render_mode="human")
    with pytest.raises(noesis.ConfigError, match="none-such.*rgb_array"):
        env.reset(seed=1)


def test_batches_show_each_environment(route):
    envs = gymnasium.make_vec(STEER, 3, render_mode="rgb_array", **route)
    envs.reset(seed=4)
    alone = gymnasium.make(STEER, render_mode="rgb_array", **route)
    alone.reset(seed=5)
    frames = envs.render()
    assert len(frames) == 3 and np.array_equal(frames[1], alone.render())
    with pytest.raises(noesis.ConfigError, match="render_mode"):
        noesis.make_env(STEER, render_mode="hologram", **route)


def test_record_video(tmp_path, route):
    pytest.importorskip("moviepy")
    env = gymnasium.make(STEER, render_mode="rgb_array", max_episode_steps=12, **route)
    env = gymnasium.wrappers.RecordVideo(env, str(tmp_path / "videos"), episode_trigger=lambda _: True, disable_logger=True)
    env.reset(seed=0)
    while not env.step(env.action_space.sample())[3]:
        pass
    env.close()
    (video,) = tmp_path.glob("videos/*.mp4")
    from moviepy import VideoFileClip

    with VideoFileClip(str(video)) as clip:
        assert tuple(clip.size) == (rendering.WIDTH, rendering.HEIGHT)
        assert clip.fps == rendering.METADATA["render_fps"] and clip.n_frames >= 12
