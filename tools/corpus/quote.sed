# SPDX-License-Identifier: Apache-2.0
# Turns the lines of a text into C string literals.
s/[\\"]/\\&/g
s/.*/"&\\n"/
