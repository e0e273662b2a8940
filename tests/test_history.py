"""Learning curves and tables."""

import pandas as pd
import pytest

from stages.errors import InputError
from stages.history import over_seeds, per_seed, read_table, write_table


def histories(seeds: int) -> dict[int, list[dict[str, float]]]:
    return {
        seed: [
            {"epoch": epoch, "train_loss": 1 / epoch + seed, "test_error": seed * epoch, "learning_rate": 0.1}
            for epoch in (1, 2, 10)
        ]
        for seed in range(seeds)
    }


def test_one_table_of_all_seeds():
    table = per_seed(histories(2))
    assert list(table.columns) == ["seed", "epoch", "train_loss", "test_error", "learning_rate"]
    assert table["seed"].tolist() == [0, 0, 0, 1, 1, 1]
    assert table["epoch"].tolist() == [1, 2, 10] * 2


def test_means_and_sample_deviations_over_the_seeds():
    table = over_seeds(per_seed(histories(3)))
    assert list(table.columns) == [
        "epoch", "train_loss", "test_error", "learning_rate", "train_loss_std", "test_error_std"
    ]  # fmt: skip
    assert table["epoch"].tolist() == [1, 2, 10]
    assert table["train_loss"].tolist() == pytest.approx([2, 1.5, 1.1])
    assert table["test_error_std"].tolist() == pytest.approx([1, 2, 10])  # of 0, e and 2e
    assert table["learning_rate"].tolist() == pytest.approx([0.1] * 3)


def test_one_seed_has_no_deviation():
    table = over_seeds(per_seed(histories(1)))
    assert list(table.columns) == ["epoch", "train_loss", "test_error", "learning_rate"]


def test_tables_are_plain_csv(tmp_path):
    table = pd.DataFrame({"name": ["none", "NA", "None", "a,b"], "value": [1 / 3, 2e-9, 123456789.0, 0.5]})
    write_table(tmp_path / "a" / "table.csv", table)
    assert (tmp_path / "a" / "table.csv").read_bytes() == (
        b'name,value\nnone,0.333333\nNA,2e-09\nNone,1.23457e+08\n"a,b",0.5\n'
    )
    read = read_table(tmp_path / "a" / "table.csv")
    assert read["name"].tolist() == ["none", "NA", "None", "a,b"]
    assert read["value"].dtype == float


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'a,b\n1,2,3\n"'])
def test_what_is_no_table_is_refused_by_name(content, tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"table\.csv: not readable as a table") as caught:
        read_table(path)
    assert "\n" not in str(caught.value)


def test_a_missing_table_is_refused(tmp_path):
    with pytest.raises(InputError, match="run `dvc repro`"):
        read_table(tmp_path / "gone.csv")
