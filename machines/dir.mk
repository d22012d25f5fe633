# SPDX-License-Identifier: BSD-2-Clause
# A board's NAME.dts becomes NAME.dtb.o with the symbols dtb_NAME_start and dtb_NAME_end.
TREES = machines/riscv-virt
OBJS += machines/boot.o machines/defaults.o machines/dt-walk.o machines/formats.o machines/hex.o machines/list.o \
	machines/loader.o machines/loader-device.o machines/machine.o machines/riscv-boot.o machines/riscv-virt.o $(TREES:=.dtb.o)
CLEAN += $(TREES:=.dtb.S)

%.dtb.S: %.dts
	@mkdir -p $(@D)
	$(DTC) -q -I dts -O asm -o $@.tmp $<
	{ sed 's/dt_blob/dtb_$(subst -,_,$(notdir $*))/g' $@.tmp; echo '.section .note.GNU-stack,"",%progbits'; } > $@
	@rm -f $@.tmp
%.dtb.o: %.dtb.S
	$(CC) -c -o $@ $<
