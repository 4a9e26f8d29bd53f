"""The front door: `python runner.py configs/relu_vs_tanh.yaml`."""

import sys

from experiments.command_line import main

if __name__ == "__main__":
    sys.exit(main())
