# SPDX-License-Identifier: Apache-2.0
# Copyright The liblightpose authors
"""The state of a run on disk. A file under its name is whole: it is written beside it, then renamed."""

import io
import os
import pickle
import zipfile

import torch

import model  # first: it makes weights/ importable
from tensors import ConvertError

VERSION = 1


def save(path, state):
    """Raises OSError where there is no room; the last checkpoint then stays."""
    aside = path + ".part"
    whole = io.BytesIO()  # PyTorch 1.13 ends the process where its own writer meets a full disk
    torch.save({"version": VERSION, **state}, whole)
    try:
        with open(aside, "wb") as file:
            file.write(whole.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError:
        if os.path.exists(aside):
            os.unlink(aside)
        raise


def load(path, variant):
    try:
        state = torch.load(path, map_location="cpu")
    except OSError as error:
        raise ConvertError(f"{path}: {error.strerror}") from None
    except (RuntimeError, pickle.UnpicklingError, EOFError, zipfile.BadZipFile, ValueError, KeyError) as error:
        raise ConvertError(f"{path}: not a checkpoint: {str(error).splitlines()[0]}") from None
    if not isinstance(state, dict) or state.get("version") != VERSION:
        raise ConvertError(f"{path}: not a checkpoint of this program, version {VERSION}")
    if state["variant"] != variant:
        raise ConvertError(f"{path}: a checkpoint of {state['variant']}; the teacher is {variant}")
    return state


def restore(module, state, path):
    """Loads a state dict; says which tensor is of another architecture."""
    expected = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    for name in [*expected, *state]:
        found = tuple(state[name].shape) if name in state else "missing"
        if expected.get(name, "not part of the network") != found:
            raise ConvertError(f"{path}: another architecture: {name} is {found}, not {expected.get(name, 'known')}")
    module.load_state_dict(state)
