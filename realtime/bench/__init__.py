"""The benchmark: how fast a model, each stage, and the whole line are on this machine.

    plan.py        what is to be measured
    clips.py       the clip that is painted
    contenders.py  what is timed: a model, a whole pipeline; they run in child processes
    live.py        a clip played as a camera would deliver it
    child.py       one process around one contender
    runner.py      lets the contenders take turns -> Report
    report.py      the figures, and their JSON
    compare.py     two reports side by side
    plot.py        the stages as bars
    baselines.py   reference networks that other packages provide

Every contender lives in a process of its own. Two ONNX Runtime sessions in one process would
disturb each other, since the idle threads of one keep a core busy for a while after each run; and
only so each has a cold start and a peak of memory to be measured. The processes are driven one at
a time, in turns (A B C, A B C, ...), so that a machine that slows down slows down all of them.
"""
