# SPDX-License-Identifier: Apache-2.0
# Makes lines of a text string literals of C.
s/[\\"]/\\&/g
s/.*/"&\\n"/
