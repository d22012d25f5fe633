# SPDX-License-Identifier: BSD-2-Clause
# A board's NAME.dts becomes NAME.dtb.o with the symbols dtb_NAME_start and dtb_NAME_end; labels of the tree are none.
TREES = machines/arm-virt machines/bcm2835 machines/bcm2836 machines/bcm2837 machines/cortex-m-generic machines/riscv-generic machines/sifive-e machines/sifive-u machines/spike machines/lm3s6965evb machines/microbit machines/mps2-an385 machines/mps2-an386 \
	machines/mps2-an500 machines/mps2-an505 machines/mps2-an521 machines/netduino2 machines/netduinoplus2 machines/olimex-stm32-h405 machines/stm32vldiscovery \
	machines/riscv-virt
OBJS += machines/arm-boot.o machines/arm-m.o machines/arm-virt.o machines/boot.o machines/defaults.o machines/dt-walk.o machines/formats.o machines/generic.o machines/guess.o machines/guest-loader.o machines/hex.o machines/images.o machines/list.o \
	machines/loader.o machines/loader-device.o machines/machine.o machines/pieces.o machines/srec.o machines/uf2.o machines/riscv-boards.o machines/riscv-boot.o machines/riscv-virt.o machines/tree.o machines/numa.o $(TREES:=.dtb.o)
OBJS += machines/raspi.o machines/smbios.o machines/smbios-options.o
OBJS += $(patsubst %,machines/acpi/%.o,acpi aml dsdt fadt gtdt iort madt-gic madt-riscv nodes numa pci-host pptt rhct serial table)
CLEAN += $(TREES:=.dtb.S)

%.dtb.S: %.dts
	@mkdir -p $(@D)
	$(DTC) -q -I dts -O asm -o $@.tmp $<
	{ sed -E 's/\bdt_blob/dtb_$(subst -,_,$(notdir $*))/g; s/\bdt_(header|reserve|str)/dtb_$(subst -,_,$(notdir $*))_\1/g; /^\t\.globl\t/{/\tdtb_/!d}' $@.tmp; echo '.section .note.GNU-stack,"",%progbits'; } > $@
	@rm -f $@.tmp
%.dtb.o: %.dtb.S
	$(CC) -c -o $@ $<
$(foreach n,5 6 7,machines/bcm283$(n).dtb.S): machines/bcm283x.dtsi machines/bcm2836.dtsi
machines/mps2-an505.dtb.S machines/mps2-an521.dtb.S: machines/mps2-tz.dtsi
$(foreach n,netduino2 netduinoplus2 olimex-stm32-h405,machines/$(n).dtb.S): machines/stm32f2.dtsi
