"""The folds that later experiments are judged on."""

from collections import defaultdict

from benchmarks import folds


def test_no_group_stands_in_two_folds_but_those_that_esc50s_authors_parted():
    of_group = defaultdict(set)
    for (name, _, group), found in folds.read().items():
        of_group[name, group] |= set(found)
    parted = {group for group, found in of_group.items() if len(found) > 1}
    # Published so: references/datasets.md.
    assert parted == {("esc50", "freesound:131943"), ("esc50", "freesound:134049")}


def test_the_folds_kept_for_the_final_score_are_not_among_them():
    of_esc50 = [found for (name, *_), found in folds.read().items() if name == "esc50"]
    assert {fold for found in of_esc50 for fold in found} == {"1", "2", "3"}
