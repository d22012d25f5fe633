/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices of the STM32 boards: GPIO, SYSCFG or AFIO, EXTI, timers, SPI, I2C, ADC, DMA, flash, watchdog. F1 chooses
 * STM32F1's addresses and registers. With PLAIN, what QEMU has of it.
 */
#include "host.h"

enum { ISER = 0xe000e100, ICER = 0xe000e180 };
enum { TIM2 = 0x40000000, TIM3 = 0x40000400, SPI1 = 0x40013000, I2C1 = 0x40005400, IWDG = 0x40003000,
       CR1 = 0x00, DIER = 0x0c, SR = 0x10, EGR = 0x14, CNT = 0x24, PSC = 0x28, ARR = 0x2c, CCR1 = 0x34 };
enum { IRQ_TIM2 = 28, IRQ_TIM3 = 29, IRQ_EXTI0 = 6, IRQ_EXTI9_5 = 23, IRQ_SPI1 = 35, IRQ_I2C1 = 31, IRQ_ADC = 18 };
#ifdef F1
enum { GPIOA = 0x40010800, GPIOB = 0x40010c00, ODR = 0x0c, IDR = 0x08, BSRR = 0x10, EXTICR1 = 0x40010008,
       EXTI = 0x40010400, ADC = 0x40012400, DMA = 0x40020000, IRQ_DMA = 11, USART1 = 0x40013800, FLASH = 0x40022000 };
#define TIM1 0x40012c00u
#define SWSTART (1u << 22)
#else
enum { GPIOA = 0x40020000, GPIOB = 0x40020400, ODR = 0x14, IDR = 0x10, BSRR = 0x18, EXTICR1 = 0x40013808,
       EXTI = 0x40013c00, ADC = 0x40012000, DMA = 0x40026400, IRQ_DMA = 56, USART1 = 0x40011000, FLASH = 0x40023c00 };
#define TIM1 0x40010000u
#define SWSTART (1u << 30)
#endif
enum { IMR = EXTI, RTSR = EXTI + 8, FTSR = EXTI + 0xc, SWIER = EXTI + 0x10, PR = EXTI + 0x14 };

extern uint32_t bss_start[], bss_end[], data_load[], data_begin[], data_end[];
void reset(void);

static volatile uint32_t count[96], last;

static void interrupt(void)
{
    uint32_t n;
    __asm__ volatile("mrs %0, ipsr" : "=r"(n));
    n -= 16;
    last = n;
    count[n]++;
    switch (n) {
    case IRQ_TIM2: REG(TIM2 + SR) = 0; break;
    case IRQ_TIM3: REG(TIM3 + SR) = 0; break;
    case 25: case 27: REG(TIM1 + SR) = 0; break;
    case IRQ_EXTI0: REG(PR) = 1; break;
    case IRQ_EXTI9_5: REG(PR) = 0x3e0; break;
    case IRQ_SPI1: REG(SPI1 + 4) = 0; break;
    default: REG(ICER + n / 32 * 4) = 1u << n % 32; break; /* once */
    }
    __asm__ volatile("dsb" ::: "memory");
}

static void fault(void)
{
    expect(0, 1);
    end_checks();
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 96])(void) = {
    (void (*)(void))0x20001800, reset, fault, fault, fault, fault, fault, [16 ... 16 + 95] = interrupt,
};

static void enable(unsigned n)
{
    REG(ISER + n / 32 * 4) = 1u << n % 32;
}

__attribute__((unused)) static void barrier(void)
{
    __asm__ volatile("dsb\n isb" ::: "memory");
}

/* -- Pins and their interrupts -- */

static void test_exti(void)
{
    REG(EXTICR1) = 0x0010;
    expect(REG(EXTICR1), 0x0010);
#ifndef PLAIN /* QEMU has no interrupts by software */
    enable(IRQ_EXTI0);
    enable(IRQ_EXTI9_5);
    REG(IMR) = 0x21;
    REG(SWIER) = 0x20;
    barrier();
    expect(count[IRQ_EXTI9_5], 1);
    expect(REG(PR), 0);
    REG(EXTICR1) = 0;
    /* PA0 is an output, and interrupts by either edge. */
#ifdef F1
    REG(GPIOA) = 0x44444443;
#else
    REG(GPIOA) = (REG(GPIOA) & ~3u) | 1;
#endif
    REG(RTSR) = 1;
    count[IRQ_EXTI0] = 0;
    REG(GPIOA + BSRR) = 1;
    barrier();
    expect(count[IRQ_EXTI0], 1);
    expect(REG(GPIOA + IDR) & 1, 1);
    expect(REG(GPIOA + ODR) & 1, 1);
    REG(GPIOA + BSRR) = 0x10000;
    barrier();
    expect(count[IRQ_EXTI0], 1);
    REG(FTSR) = 1;
    REG(GPIOA + BSRR) = 1;
    barrier();
    REG(GPIOA + BSRR) = 0x10000;
    barrier();
    expect(count[IRQ_EXTI0], 3);
    expect(REG(GPIOA + IDR) & 1, 0);
    REG(EXTICR1) = 1; /* PB0 instead */
    REG(GPIOA + BSRR) = 1;
    barrier();
    expect(count[IRQ_EXTI0], 3);
    REG(EXTICR1) = 0;
    /* PB1 floats, is pulled up, or down. */
#ifdef F1
    REG(GPIOB) = 0x44444484;
    REG(GPIOB + BSRR) = 2;
    expect(REG(GPIOB + IDR) & 2, 2);
    REG(GPIOB + BSRR) = 0x20000;
    expect(REG(GPIOB + IDR) & 2, 0);
#else
    REG(GPIOB) = 0;
    REG(GPIOB + 0xc) = 4;
    expect(REG(GPIOB + IDR) & 2, 2);
    REG(GPIOB + 0xc) = 8;
    expect(REG(GPIOB + IDR) & 2, 0);
    REG(GPIOB + 0xc) = 0;
    /* Open drain: high is what the resistor says. */
    REG(GPIOB) = 4;
    REG(GPIOB + 4) = 2;
    REG(GPIOB + BSRR) = 2;
    expect(REG(GPIOB + IDR) & 2, 0);
    REG(GPIOB + 0xc) = 4;
    expect(REG(GPIOB + IDR) & 2, 2);
    expect(*(volatile uint16_t *)(GPIOB + ODR), 2);
#endif
#endif
}

/* -- Timers -- */

static void test_timers(void)
{
    enable(IRQ_TIM2);
    REG(TIM2 + PSC) = 9;
    REG(TIM2 + ARR) = 20000;
    REG(TIM2 + EGR) = 1;
    REG(TIM2 + SR) = 0;
    REG(TIM2 + DIER) = 1;
    REG(TIM2 + CR1) = 1;
    while (count[IRQ_TIM2] < 3)
        ;
    REG(TIM2 + CR1) = 0;
    REG(TIM2 + DIER) = 0;
    expect(count[IRQ_TIM2] >= 3, 1);
#ifndef PLAIN
    uint32_t at = REG(TIM2 + CNT);
    expect(REG(TIM2 + CNT), at);
    expect(at <= 20000, 1);
    /* One pulse, then it stands at 0; its compare event is before. */
    enable(IRQ_TIM3);
    REG(TIM3 + ARR) = 5000;
    REG(TIM3 + CCR1) = 3000;
    REG(TIM3 + EGR) = 1;
    REG(TIM3 + SR) = 0;
    REG(TIM3 + CR1) = 9;
    while (!(REG(TIM3 + SR) & 1))
        ;
    expect(REG(TIM3 + SR) & 3, 3);
    expect(REG(TIM3 + CR1), 8);
    expect(REG(TIM3 + CNT), 0);
    /* Down, and by compare interrupts. */
    REG(TIM3 + SR) = 0;
    REG(TIM3 + DIER) = 2;
    REG(TIM3 + CNT) = 4000;
    REG(TIM3 + CR1) = 0x11;
    while (!count[IRQ_TIM3])
        ;
    REG(TIM3 + CR1) = 0;
    expect(REG(TIM3 + CNT) <= 5000, 1);
    /* Events by hand; an advanced timer's vectors. */
    enable(25);
    enable(27);
    REG(TIM1 + DIER) = 3;
    REG(TIM1 + EGR) = 1;
    barrier();
    expect(count[25], 1);
    expect(count[27], 0);
    REG(TIM1 + EGR) = 2;
    barrier();
    expect(count[27], 1);
    /* What is preloaded waits for the update. */
    REG(TIM3 + CR1) = 0x80;
    REG(TIM3 + ARR) = 100;
    REG(TIM3 + CNT) = 200;
    REG(TIM3 + DIER) = 0;
    REG(TIM3 + EGR) = 1;
    expect(REG(TIM3 + CNT), 0);
    expect(*(volatile uint16_t *)(TIM3 + ARR), 100);
#endif
}

/* -- SPI, I2C -- */

static void test_spi(void)
{
    REG(SPI1) = 0x4 | 0x40 | 0x300;
    expect(REG(SPI1 + 8) & 2, 2);
    REG(SPI1 + 0xc) = 0x5a;
    while (!(REG(SPI1 + 8) & 1))
        ;
    expect(REG(SPI1 + 0xc), 0);
    expect(REG(SPI1 + 8) & 1, 0);
#ifndef PLAIN
    enable(IRQ_SPI1);
    REG(SPI1 + 4) = 0x40;
    REG(SPI1 + 0xc) = 1;
    barrier();
    expect(count[IRQ_SPI1], 1);
    REG(SPI1 + 0xc) = 2; /* the first one was not read */
    expect(REG(SPI1 + 8) & 0x41, 0x41);
    REG(SPI1 + 0xc);
    expect(REG(SPI1 + 8) & 0x41, 0);
#endif
    REG(SPI1) = 0;
}

#ifndef PLAIN
enum { I2C_CR1 = I2C1, I2C_CR2 = I2C1 + 4, I2C_DR = I2C1 + 0x10, I2C_SR1 = I2C1 + 0x14, I2C_SR2 = I2C1 + 0x18 };
enum { PE = 1, START = 0x100, STOP = 0x200, ACK = 0x400, POS = 0x800 };

/* A start and an address: 0 if nobody answers. */
static int begin(uint32_t address)
{
    REG(I2C_CR1) |= START;
    while (!(REG(I2C_SR1) & 1))
        ;
    REG(I2C_DR) = address;
    for (;;) {
        uint32_t sr1 = REG(I2C_SR1);
        if (sr1 & 2)
            return 1;
        if (sr1 & 0x400) {
            REG(I2C_SR1) = ~0x400u;
            REG(I2C_CR1) |= STOP;
            return 0;
        }
    }
}

static void put(uint32_t byte)
{
    while (!(REG(I2C_SR1) & 0x80))
        ;
    REG(I2C_DR) = byte;
    while (!(REG(I2C_SR1) & 4))
        ;
}

static uint32_t get(void)
{
    while (!(REG(I2C_SR1) & 0x40))
        ;
    return REG(I2C_DR);
}

/* n bytes, by the manual's way for each number of them. */
static void get_bytes(uint32_t address, uint8_t *to, unsigned n)
{
    REG(I2C_CR1) = PE | ACK | (n == 2 ? POS : 0);
    expect(begin(address << 1 | 1), 1);
    if (n <= 2)
        REG(I2C_CR1) &= ~(uint32_t)ACK;
    REG(I2C_SR2);
    if (n == 1)
        REG(I2C_CR1) |= STOP;
    while (n > 3) {
        *to++ = get();
        n--;
    }
    if (n == 3) {
        while (!(REG(I2C_SR1) & 4))
            ;
        REG(I2C_CR1) &= ~(uint32_t)ACK;
        *to++ = get();
        n--;
    }
    if (n == 2) {
        while (!(REG(I2C_SR1) & 4))
            ;
        REG(I2C_CR1) |= STOP;
        *to++ = get();
    }
    *to = get();
    REG(I2C_CR1) = PE;
}

/* A TMP105 at 0x48, an EEPROM at 0x50. */
static void test_i2c(void)
{
    static const char text[] = "kept in an EEPROM";
    uint8_t back[sizeof(text)];

    REG(I2C_CR2) = 42;
    REG(I2C_CR1) = PE;
    expect(begin(0x20 << 1), 0);
    expect(REG(I2C_SR2), 0);
    expect(begin(0x48 << 1), 1);
    expect(REG(I2C_SR2), 7);
    put(0);
    get_bytes(0x48, back, 2); /* a repeated start */
    expect(back[0] << 8 | back[1], 0);
    expect(begin(0x48 << 1), 1);
    REG(I2C_SR2);
    put(3);
    get_bytes(0x48, back, 1);
    expect(back[0], 0x50);
    expect(begin(0x50 << 1), 1);
    REG(I2C_SR2);
    put(0x12);
    put(0x34);
    for (unsigned i = 0; i < sizeof(text); i++)
        put(text[i]);
    REG(I2C_CR1) |= STOP;
    expect(REG(I2C_SR2), 0);
    expect(begin(0x50 << 1), 1);
    REG(I2C_SR2);
    put(0x12);
    put(0x34);
    get_bytes(0x50, back, sizeof(text));
    unsigned same = 0;
    for (unsigned i = 0; i < sizeof(text); i++)
        same += back[i] == (uint8_t)text[i];
    expect(same, sizeof(text));
    get_bytes(0x50, back, 1); /* just behind it: no byte too many was read */
    expect(back[0], 0xff);
    expect(begin(0x50 << 1), 1);
    REG(I2C_SR2);
    put(0x12);
    put(0x34 + sizeof(text) - 3);
    get_bytes(0x50, back, 3);
    expect(back[0] << 16 | back[1] << 8 | back[2], 'O' << 16 | 'M' << 8);
    enable(IRQ_I2C1);
    REG(I2C_CR2) = 42 | 0x200;
    REG(I2C_CR1) |= START;
    barrier();
    expect(count[IRQ_I2C1], 1);
    REG(I2C_CR2) = 42;
    REG(I2C_CR1) = 0;
}

/* -- ADC, DMA -- */

enum { ADC_SR = ADC, ADC_CR1 = ADC + 4, ADC_CR2 = ADC + 8, ADC_SQR1 = ADC + 0x2c, ADC_SQR3 = ADC + 0x34,
       ADC_DR = ADC + 0x4c };

static void test_adc(void)
{
    REG(ADC_SQR3) = 17;
    REG(ADC_CR2) = 1;
    REG(ADC_CR2) = 1 | SWSTART;
    expect(REG(ADC_SR), 0x12);
    expect(REG(ADC_DR), 1489);
    expect(REG(ADC_SR), 0x10);
    REG(ADC_SR) = 0;
    REG(ADC_CR2) = 0x801 | SWSTART;
    expect(REG(ADC_DR), 1489 << 4);
    enable(IRQ_ADC);
    REG(ADC_CR1) = 0x20;
    REG(ADC_CR2) = 1 | SWSTART;
    barrier();
    expect(count[IRQ_ADC], 1);
    REG(ADC_CR1) = 0;
    REG(ADC_DR);
#ifdef F1
    REG(ADC_CR2) = 1;
    REG(ADC_CR2) = 1; /* ADON again starts, too */
    expect(REG(ADC_DR), 1489);
#endif
}

static uint32_t words[64];
static volatile uint16_t samples[6];
static const char sent[] = "by DMA\n";

/* F1: channel n, from 1; the others: stream n of DMA2. value has CCR's or CR's bits. */
static void start_dma(unsigned n, uint32_t peripheral, volatile const void *memory, uint32_t items, uint32_t value)
{
#ifdef F1
    uint32_t base = DMA + 8 + 20 * (n - 1);
#else
    uint32_t base = DMA + 0x10 + 24 * n;
#endif
    REG(base) = 0;
    REG(base + 4) = items;
    REG(base + 8) = peripheral;
    REG(base + 12) = (uint32_t)memory;
    REG(base) = value | 1;
}

static void test_dma(void)
{
    for (unsigned i = 0; i < 32; i++)
        words[i] = 0x01010101 * i + 7;
#ifdef F1
    enum { TO_MEMORY = 0x80, FROM_MEMORY = 0x90, COPY = 0x4000 | 0x40 | 0x80, WORDS = 0xa00, HALVES = 0x500,
           CIRCULAR = 0x20, TCIE = 2, IRQ_COPY = 11, CLEAR = DMA + 4 };
    enum { COPY_CHANNEL = 1, UART_CHANNEL = 4, ADC_CHANNEL = 1 };
#else
    enum { TO_MEMORY = 0x400, FROM_MEMORY = 0x440, COPY = 0x80 | 0x200 | 0x400, WORDS = 0x5000, HALVES = 0x2800,
           CIRCULAR = 0x100, TCIE = 0x10, IRQ_COPY = 56, CLEAR = DMA + 8 };
    enum { COPY_CHANNEL = 0, UART_CHANNEL = 7, ADC_CHANNEL = 4 };
#endif
    enable(IRQ_COPY);
    start_dma(COPY_CHANNEL, (uint32_t)&words[0], &words[32], 32, COPY | WORDS | TCIE);
    while (!count[IRQ_COPY])
        ;
    unsigned same = 0;
    for (unsigned i = 0; i < 32; i++)
        same += words[32 + i] == 0x01010101 * i + 7;
    expect(same, 32);
#ifdef F1
    expect(REG(DMA), 7);
    expect(REG(DMA + 8 + 4), 0);
#else
    expect(REG(DMA), 0x30);
    expect(REG(DMA + 0x10 + 4), 0);
    expect(REG(DMA + 0x10) & 1, 0);
#endif
    REG(CLEAR) = 0x3f;
    expect(REG(DMA) & 0x3f, 0);
    /* To the UART, which says when it has room. */
    REG(USART1 + 0xc) = 0x2008;
    REG(USART1 + 0x14) = 0x80;
    start_dma(UART_CHANNEL, USART1 + 4, sent, sizeof(sent) - 1, FROM_MEMORY);
#ifdef F1
    while (REG(DMA + 8 + 20 * 3 + 4))
        ;
#else
    while (REG(DMA + 0x10 + 24 * 7) & 1)
        ;
#endif
    /* From the ADC, again and again: a sequence of two. */
    REG(ADC_CR1) = 0x100;
    REG(ADC_SQR1) = 1 << 20;
    REG(ADC_SQR3) = 17 | 16 << 5;
    start_dma(ADC_CHANNEL, ADC_DR, samples, 6, TO_MEMORY | HALVES | CIRCULAR);
    REG(ADC_CR2) = 1 | 2 | 0x100 | 0x200;
    REG(ADC_CR2) |= SWSTART;
    while (!samples[5])
        ;
    expect(samples[0], 1489);
    expect(samples[1], 943);
    expect(samples[4], 1489);
    expect(samples[5], 943);
    samples[2] = 0;
    while (!samples[2])
        ;
    expect(samples[2], 1489);
    REG(ADC_CR2) = 0;
}

/* -- Flash -- */

static void test_flash(void)
{
    volatile uint16_t *flash = (volatile uint16_t *)0x0801fc00;

    expect(REG(FLASH + 0x10) >> 7 & 1, REG(FLASH + 0x10) >> 31 ? 0 : 1);
    *flash = 0x1234; /* locked */
    expect(*flash, 0xffff);
    REG(FLASH + 4) = 0x45670123;
    REG(FLASH + 4) = 0xcdef89ab;
#ifdef F1
    enum { PSIZE = 0, ERASE = 2, STRT = 0x40 };
    REG(FLASH + 0x14) = 0x0801fc00;
#else
    enum { PSIZE = 1 << 8, ERASE = 2 | 4 << 3, STRT = 0x10000 };
#endif
    REG(FLASH + 0xc) = 0xff;
    REG(FLASH + 0x10) = PSIZE | 1;
    flash[0] = 0x4770; /* bx lr */
    flash[1] = 0xbf00;
    expect(flash[0], 0x4770);
    ((void (*)(void))0x0801fc01)();
    expect(*(volatile uint16_t *)0x0001fc00, 0x4770);
    REG(FLASH + 0x10) = ERASE;
    REG(FLASH + 0x10) = ERASE | STRT;
    while (REG(FLASH + 0xc) & (STRT == 0x40 ? 1 : 0x10000))
        ;
    expect(flash[0], 0xffff);
    REG(FLASH + 0x10) = STRT == 0x40 ? 0x80 : 1u << 31;
    flash[0] = 0;
    expect(flash[0], 0xffff);
}

static void start_watchdog(void)
{
    REG(IWDG) = 0x5555;
    REG(IWDG + 4) = 0;
    REG(IWDG + 8) = 100;
    expect(REG(IWDG + 8), 100);
    REG(IWDG) = 0xcccc;
    REG(IWDG) = 0xaaaa;
}
#endif

void reset(void)
{
    for (uint32_t *p = bss_start; p < bss_end; p++)
        *p = 0;
    test_exti();
    test_timers();
    test_spi();
#ifndef PLAIN
    test_i2c();
    test_adc();
    test_dma();
    test_flash();
    if (wrong)
        end_checks();
    print("passed, and now the watchdog\n");
    start_watchdog();
    for (;;)
        ;
#endif
    end_checks();
}
