"""Stage: look for what the data hide: duplicates within and across the split, labels that disagree, odd samples."""

import argparse
from importlib import import_module
from pathlib import Path

from stages.config.params import load_params
from stages.config.variants import STUDIES
from stages.drawing.figures import save_figure
from stages.runtime import command
from stages.storage.files import atomic_folder, write_json
from stages.storage.leaks import LEAKED, LEFT_OUT, write_groups
from stages.storage.tables import write_table


def main(arguments: argparse.Namespace) -> None:
    """Audit the data of one study."""
    params, study = load_params(), arguments.study
    audit = import_module(f"stages.auditing.{arguments.study}_audit").audit(params)
    metrics, duplicates = Path("metrics") / study, getattr(params.audit, study).duplicates
    write_json(metrics / "audit.json", audit.counts())
    save_figure(audit.draw(), metrics / "audit.png")
    save_figure(audit.draw_duplicates(), metrics / "duplicates.png")
    print(audit.summary())
    if duplicates == "stop":
        audit.refuse_leaks()
    with atomic_folder(Path("data/audit") / study) as folder:
        write_table(folder / "duplicates.csv", audit.duplicates())
        write_table(folder / "labels.csv", audit.doubtful_labels())
        write_groups(folder, LEFT_OUT, audit.left_out() if duplicates == "drop" else [])
        write_groups(folder, LEAKED, audit.leaked())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", choices=STUDIES)
    command.run(main, parser)
