"""Files and folders appear whole or not at all, and leave nothing behind."""

import errno

import pytest

from auricle.core.files import clear_unfinished, whole_file, whole_folder, write_text


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def leave_file(path):
    path.touch()


def leave_folder(path):
    path.mkdir()
    (path / "part").touch()


@pytest.mark.parametrize("leave", [leave_file, leave_folder])
def test_what_a_killed_process_left_goes_when_its_place_is_written_again(leave, tmp_path):
    leave(tmp_path / ".out.abcd1234.unfinished")
    kept = [".out.mine", ".out.txt.abcd1234.unfinished", ".other.abcd1234.unfinished"]
    for name in kept:
        (tmp_path / name).touch()
    write_text(tmp_path / "out", "text")
    assert names(tmp_path) == sorted([*kept, "out"])
    leave(tmp_path / ".out.abcd1234.unfinished")
    (tmp_path / "out").unlink()
    with whole_folder(tmp_path / "out") as folder:
        (folder / "part").touch()
    assert names(tmp_path) == sorted([*kept, "out"])


def test_a_name_with_the_signs_of_a_pattern_is_only_itself(tmp_path):
    (tmp_path / ".ab.abcd1234.unfinished").touch()
    (tmp_path / ".[ab]*.abcd1234.unfinished").touch()
    write_text(tmp_path / "[ab]*", "text")
    assert names(tmp_path) == [".ab.abcd1234.unfinished", "[ab]*"]


def test_a_whole_folder_is_cleared_of_everything_unfinished_and_no_more(tmp_path):
    leave_file(tmp_path / ".a.abcd1234.unfinished")
    leave_folder(tmp_path / ".b.c.abcd1234.unfinished")
    for name in ("a", ".hidden", "b.unfinished"):
        (tmp_path / name).touch()
    clear_unfinished(tmp_path)
    assert names(tmp_path) == [".hidden", "a", "b.unfinished"]


@pytest.mark.parametrize("whole", [whole_file, whole_folder])
def test_an_error_of_the_disk_names_the_place_and_changes_nothing(whole, tmp_path):
    with whole(tmp_path / "out"):
        pass
    before = names(tmp_path)
    with pytest.raises(OSError, match="No space left") as raised, whole(tmp_path / "out"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert raised.value.filename == str(tmp_path / "out")
    assert names(tmp_path) == before


def test_an_error_of_another_file_keeps_its_name(tmp_path):
    with pytest.raises(FileNotFoundError) as raised, whole_file(tmp_path / "out"):
        (tmp_path / "absent").read_bytes()
    assert raised.value.filename == str(tmp_path / "absent")
    assert names(tmp_path) == []
