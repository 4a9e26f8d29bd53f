"""The front door: `python runner.py configs/relu_vs_tanh.yaml`."""

import sys

from experiments.command_line import ended, main

if __name__ == "__main__":
    sys.exit(ended(main()))
