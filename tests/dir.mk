# SPDX-License-Identifier: BSD-2-Clause

UNIT_TESTS += tests/unit/test-softfp tests/unit/test-softfp-host
UNIT_TESTS += tests/unit/test-ir tests/unit/test-ir-golden tests/unit/test-ir-merge tests/unit/test-pins
TEST_OBJS += tests/ir-random.o tests/toy-arch.o tests/toy-memory.o
tests/unit/test-ir: tests/ir-random.o tests/toy-arch.o tests/toy-memory.o
tests/unit/test-ir-golden: tests/toy-arch.o tests/toy-memory.o
tests/unit/test-ir-merge: tests/toy-arch.o tests/toy-memory.o
tests/unit/test-pins: tests/toy-arch.o tests/toy-memory.o

X64_TESTS_x64 = tests/unit/test-x64 tests/unit/test-x64-emit tests/unit/test-riscv-place
UNIT_TESTS += $(X64_TESTS_$(HOST_BACKEND))
TEST_OBJS += tests/x64-rig.o
tests/unit/test-x64: tests/x64-rig.o tests/ir-random.o tests/toy-arch.o tests/toy-memory.o
tests/unit/test-riscv-place: tests/riscv-random.o

VIRTIO_TESTS = tests/unit/test-virtio-ring tests/unit/test-virtio-mmio tests/unit/test-virtio-blk tests/unit/test-virtio-net \
	tests/unit/test-virtio-serial
UNIT_TESTS += $(VIRTIO_TESTS) tests/unit/test-block tests/unit/test-qcow2 tests/unit/test-vhdx tests/unit/test-disk-kill tests/unit/test-block-jobs tests/unit/test-net tests/unit/test-offload
VIRTIO_TESTS += tests/unit/test-virtio-balloon tests/unit/test-virtio-input tests/unit/test-virtio-scsi tests/unit/test-virtio-9p tests/unit/test-virtio-gpu \
	tests/unit/test-virtio-vsock
TEST_OBJS += tests/virtio-rig.o
$(VIRTIO_TESTS): tests/virtio-rig.o

DEVICE_TESTS = tests/unit/test-ns16550 tests/unit/test-plic tests/unit/test-aplic tests/unit/test-imsic tests/unit/test-aclint \
	tests/unit/test-fw-cfg tests/unit/test-goldfish-rtc tests/unit/test-cfi-flash tests/unit/test-loader \
	tests/unit/test-dt-walk tests/unit/test-pl011 tests/unit/test-pl031 tests/unit/test-pl061 tests/unit/test-gicv2 tests/unit/test-gicv3 tests/unit/test-its tests/unit/test-arm-virt \
	tests/unit/test-nrf tests/unit/test-displays tests/unit/test-mcu-net tests/unit/test-mps2 tests/unit/test-pci tests/unit/test-cmsdk tests/unit/test-nxp-uart tests/unit/test-stm32 tests/unit/test-sifive-uart tests/unit/test-sse200
RASPI_TESTS = tests/unit/test-bcm2835 tests/unit/test-bcm2835-mbox tests/unit/test-bcm2836-control tests/unit/test-sd
PCI_TESTS = tests/unit/test-ahci tests/unit/test-e1000 tests/unit/test-rtl8139 tests/unit/test-xhci tests/unit/test-nvme tests/unit/test-pci-small
UNIT_TESTS += $(PCI_TESTS)
TEST_OBJS += tests/lossy-node.o
tests/unit/test-qcow2 tests/unit/test-vhdx: tests/lossy-node.o
# tests/lossy-files.h
LOSSY_WRAPS = -Wl,--wrap=pwritev,--wrap=pwrite,--wrap=fallocate,--wrap=ftruncate,--wrap=fdatasync
TEST_OBJS += tests/lossy-files.o
tests/unit/test-disk-kill: tests/lossy-files.o
tests/unit/test-disk-kill: ALL_LDFLAGS += $(LOSSY_WRAPS)
TEST_OBJS += tests/pci-rig.o
tests/unit/test-pci-small: ALL_LDFLAGS += -Wl,--wrap=request_shutdown
$(PCI_TESTS): tests/pci-rig.o
UNIT_TESTS += $(DEVICE_TESTS) $(RASPI_TESTS)
$(RASPI_TESTS): tests/device-rig.o
tests/unit/test-bcm2835: tests/fake-chardev.o
tests/unit/test-bcm2835: ALL_LDFLAGS += -Wl,--wrap=request_reset,--wrap=request_shutdown,--wrap=chardev_accept_input
TEST_OBJS += tests/device-rig.o tests/dts.o
$(DEVICE_TESTS): tests/device-rig.o tests/dts.o tests/command.o
TEST_OBJS += tests/fake-chardev.o
tests/unit/test-ns16550 tests/unit/test-pl011 tests/unit/test-nrf tests/unit/test-cmsdk tests/unit/test-nxp-uart tests/unit/test-stm32 tests/unit/test-sifive-uart tests/unit/test-sse200 tests/unit/test-virtio-serial: tests/fake-chardev.o
tests/unit/test-ns16550 tests/unit/test-pl011 tests/unit/test-nrf tests/unit/test-cmsdk tests/unit/test-nxp-uart tests/unit/test-stm32 tests/unit/test-sifive-uart tests/unit/test-sse200 tests/unit/test-virtio-serial: ALL_LDFLAGS += -Wl,--wrap=chardev_accept_input
tests/unit/test-stm32 tests/unit/test-mps2: ALL_LDFLAGS += -Wl,--wrap=watchdog_expired

UNIT_TESTS += tests/unit/test-acpi tests/unit/test-boot-order tests/unit/test-opts tests/unit/test-chardev tests/unit/test-symbols tests/unit/test-clock tests/unit/test-engine tests/unit/test-tb-cache tests/unit/test-mmu tests/unit/test-cpu-mode tests/unit/test-state tests/unit/test-snapshot tests/unit/test-plug tests/unit/test-signal-stack

# Assembly tests: each is a link to the runner, which finds its source by that name. Those that are tables of operands
# and results are made here; without Python nothing is, and the runner skips them.
PYTHON = python3
INSN_ROWS = amo arith-d arith-h arith-s convert-d convert-h convert-s divide fma-d fma-h fma-s immediate integer \
	misc-d misc-h misc-s multiply zabha zba zbb zbc zbkb zbkx zbs zfa-d zfa-h zfa-s zicond zkn-aes zknh zks
tests/insn/made/stamp: tests/insn/rows.py
	@mkdir -p $(@D)
	@! command -v $(PYTHON) >/dev/null || $(PYTHON) $< $(@D) $(INSN_ROWS)
	@touch $@
$(INSN_ROWS:%=tests/insn/riscv/%): tests/insn/made/stamp
CLEAN += tests/insn/made/stamp $(INSN_ROWS:%=tests/insn/made/%.S)

INSN_TESTS = $(patsubst $(srcdir)/%.S,%,$(wildcard $(srcdir)/tests/insn/riscv/*.S $(srcdir)/tests/insn/arm/*.S)) \
	$(INSN_ROWS:%=tests/insn/riscv/%)
RANDOM_TEST = tests/insn/random.o tests/insn/random-riscv.o tests/insn/random-a64.o tests/insn/random-a32.o tests/insn/random-neon.o \
	tests/insn/rig.o tests/command.o \
	tests/riscv-random.o tests/a64-random.o
TEST_OBJS += tests/insn/run-insn.o tests/insn/source.o $(RANDOM_TEST)
CLEAN += tests/insn/run-insn tests/insn/random $(INSN_TESTS)
tests/insn/run-insn: tests/insn/run-insn.o tests/insn/source.o tests/insn/rig.o tests/command.o libmynah.a
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) libmynah.a $(ALL_LIBS)
ARM_ROWS_TEST = tests/insn/arm-rows.o tests/insn/source.o tests/command.o
TEST_OBJS += tests/insn/arm-rows.o
CLEAN += tests/insn/arm-rows
tests/insn/arm-rows: $(ARM_ROWS_TEST) libmynah.a
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) libmynah.a $(ALL_LIBS)
tests/insn/arm-rows.o: cpu-arm/a32.h cpu-arm/t32.h cpu-arm/t16.h cpu-arm/a64.h cpu-arm/neon.h
tests/insn/random: $(RANDOM_TEST) libmynah.a
	$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) libmynah.a $(ALL_LIBS)
tests/insn/random-riscv.o: cpu-riscv/insns.h
tests/insn/random-a64.o tests/a64-random.o: cpu-arm/a64.h
tests/insn/random-a32.o tests/insn/random-neon.o: cpu-arm/a32.h cpu-arm/t32.h cpu-arm/t16.h cpu-arm/a64.h cpu-arm/neon.h
$(INSN_TESTS): tests/insn/run-insn
	@mkdir -p $(@D)
	@ln -sf ../run-insn $@
