"""Stable-Baselines3: ``ppo`` (boxes on the screen), ``eval`` (with an EvalCallback), ``csv``."""

import sys

from stable_baselines3 import A2C, PPO
from stable_baselines3.common.callbacks import EvalCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.logger import CSVOutputFormat, HumanOutputFormat, KVWriter, Logger
from truth import note

VARIANT = sys.argv[1]
SCORES = ("ep_rew_mean", "mean_reward")


class Noter(KVWriter):
    def write(self, key_values, key_excluded, step=0):
        for key, value in key_values.items():
            group, _, name = key.partition("/")
            if (
                group == "time"
                or name in ("n_updates", "clip_range", "total_timesteps")
                or not isinstance(value, (int, float))
            ) and (not hasattr(value, "dtype") or group == "time"):
                continue
            name_of = {"train": "train", "eval": "val", "rollout": ""}[group]
            more = ["episode_reward", "best_mean_reward"] if name == "mean_reward" else []
            names = [*more, name, f"{group}_{name}", f"{name_of}_{name}"]
            note(
                key,
                value,
                step=step,
                also=names,
                optional=name in ("learning_rate", "mean_ep_length", "ep_len_mean", "clip_fraction"),
            )


env = make_vec_env("CartPole-v1", 2, seed=0)
outputs = [Noter(), CSVOutputFormat("progress.csv") if VARIANT == "csv" else HumanOutputFormat(sys.stdout)]
kind, options = (
    (A2C, {"n_steps": 16}) if VARIANT == "a2c" else (PPO, {"n_steps": 128, "batch_size": 64, "n_epochs": 2})
)
model = kind("MlpPolicy", env, verbose=1, seed=0, device="cpu", **options)
model.set_logger(Logger(None, outputs))
callback = (
    EvalCallback(make_vec_env("CartPole-v1", 1, seed=1), eval_freq=300, n_eval_episodes=2)
    if VARIANT == "eval"
    else None
)
model.learn(4000 if VARIANT == "a2c" else 1200, callback=callback)
