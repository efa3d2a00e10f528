# SPDX-License-Identifier: LGPL-2.1-or-later
# Lines of text become a C string.
s/["\\]/\\&/g
s/.*/"&\\n"/
