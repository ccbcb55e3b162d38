"""The real stack under real faults; a checker compares its promises with the record of the run.

    cd tests && python -m chaos --seed 7 --seconds 300 --runs 300

A run has four acts: a calm one, whose outputs are the reference; the storm (`faults`, while
`clients` submit); the calm after it, in which all runs must end; and the verdict (`checker`), a
pure function of `history` and `evidence`.
"""
