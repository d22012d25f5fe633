# SPDX-License-Identifier: BSD-2-Clause

# Unit tests print TAP (GTest); "make check" runs everything quick, T='unit/ir*' a subset.
check: all $(UNIT_TESTS)
	cd $(srcdir) && BUILD=$(CURDIR) prove --nocount -e '' $(addprefix $(CURDIR)/,$(UNIT_TESTS))
