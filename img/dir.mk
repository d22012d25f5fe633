# SPDX-License-Identifier: BSD-2-Clause
IMG_OBJS = img/main.o img/copy.o img/create.o img/info.o
