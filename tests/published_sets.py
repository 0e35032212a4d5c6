"""Small copies of sets of recordings, laid out as their authors published them."""

import csv

from helpers import recording


def write_table(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def esc50(home):
    """Five folds of two classes, one of them of ESC-10."""
    rows = []
    for fold in range(1, 6):
        for target, category in ((0, "dog"), (1, "rooster")):
            name = f"{fold}-{1000 * fold + target}-A-{target}.wav"
            recording(home / "audio" / name, seed=10 * fold + target)
            row = {"filename": name, "fold": fold, "target": target, "category": category}
            row |= {"esc10": category == "dog", "src_file": 1000 * fold + target, "take": "A"}
            rows.append(row)
    write_table(home / "meta" / "esc50.csv", rows)
    return rows


def urbansound8k(home):
    rows = []
    for fold in range(1, 11):
        name = f"{100 + fold}-{fold % 2}-0-{fold}.wav"
        recording(home / "audio" / f"fold{fold}" / name, seed=fold)
        row = {"slice_file_name": name, "fsID": 100 + fold, "start": 0, "end": 4, "salience": 1}
        row |= {
            "fold": fold,
            "classID": fold % 2,
            "class": ("air_conditioner", "car_horn")[fold % 2],
        }
        rows.append(row)
    write_table(home / "metadata" / "UrbanSound8K.csv", rows)
    return rows


def gtzan(home):
    for seed in range(6):
        folder = "music_wav" if seed % 2 else "speech_wav"
        recording(home / folder / f"piece{seed}.wav", seed=seed)
