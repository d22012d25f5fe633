# SPDX-License-Identifier: BSD-2-Clause
# Fuzz targets: see docs/fuzzing.md. FUZZ_MAIN is what they are linked with: replay.c's main program, or libFuzzer.
FUZZ_NAMES = translate translate-arm devices virtio vsock transport pci loader dt opts ir-parse gdb gdb-arm monitor snapshot snapshot-arm recording qcow2 images vvfat
FUZZ_TARGETS = $(FUZZ_NAMES:%=tests/fuzz/fuzz-%)
FUZZ_MAIN = tests/fuzz/replay.o
TEST_OBJS += $(FUZZ_TARGETS:=.o) tests/fuzz/fuzz.o tests/fuzz/corpus.o tests/fuzz/bench.o tests/fuzz/still.o tests/fuzz/engines.o \
	tests/fuzz/gdb-packets.o tests/fuzz/snapshot-changes.o \
	tests/fuzz/replay.o
CLEAN += $(FUZZ_TARGETS)

$(FUZZ_TARGETS): %: %.o tests/fuzz/fuzz.o tests/fuzz/corpus.o $(FUZZ_MAIN) libmynah.a
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) libmynah.a $(FUZZ_LINK) $(ALL_LIBS)
tests/fuzz/fuzz-devices tests/fuzz/fuzz-virtio tests/fuzz/fuzz-vsock tests/fuzz/fuzz-transport tests/fuzz/fuzz-pci: tests/fuzz/bench.o
tests/fuzz/fuzz-gdb tests/fuzz/fuzz-gdb-arm: tests/fuzz/gdb-packets.o tests/fuzz/still.o
tests/fuzz/fuzz-snapshot tests/fuzz/fuzz-snapshot-arm: tests/fuzz/snapshot-changes.o tests/fuzz/still.o
tests/fuzz/fuzz-monitor: tests/fuzz/still.o
tests/fuzz/fuzz-translate tests/fuzz/fuzz-translate-arm: tests/fuzz/engines.o
tests/fuzz/fuzz-ir-parse: tests/toy-arch.o tests/toy-memory.o
# The guest's power button and its watchdog lead nowhere.
$(addprefix tests/fuzz/fuzz-,devices virtio vsock transport pci dt gdb gdb-arm monitor snapshot snapshot-arm): \
	ALL_LDFLAGS += -Wl,--wrap=request_reset,--wrap=request_shutdown,--wrap=watchdog_expired

# Host ends that the target holds up.
tests/fuzz/fuzz-transport: ALL_LDFLAGS += $(patsubst %,-Wl$(comma)--wrap=%,block_read block_write block_flush block_discard \
	block_write_zeroes block_drain net_attach_card net_detach net_send_offload chardev_room)
comma = ,

# Weak symbols take nothing out of a library.
tests/fuzz/fuzz-gdb tests/fuzz/fuzz-gdb-arm tests/fuzz/fuzz-monitor: ALL_LDFLAGS += -Wl,-u,gdb_start,-u,monitor_new

#: fuzz          fuzz targets with libFuzzer, a build of its own in fuzz/
fuzz:
	@command -v clang >/dev/null || { echo "make fuzz needs clang with libFuzzer: install Debian packages clang and libclang-rt-14-dev (or newer)" >&2; exit 1; }
	@mkdir -p fuzz
	@test -f fuzz/Makefile || (cd fuzz && CC=clang CFLAGS="-O1 -g -fsanitize=fuzzer-no-link" CPPFLAGS=-DMYNAH_DEBUG \
		$(abspath $(srcdir))/configure --enable-asan --enable-ubsan >/dev/null)
	$(MAKE) -C fuzz FUZZ_MAIN= FUZZ_LINK=-fsanitize=fuzzer $(FUZZ_TARGETS)
.PHONY: fuzz
