"""The command line: each command parses, calls one function, and prints."""

import os

# LightGBM's threads wait in a loop for their next piece, and on a busy machine take the core from
# whoever has it: two fits at once on two cores took 20 times as long as with sleeping threads
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
