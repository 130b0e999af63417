#include "CLinux.h"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

// The saved terminal state, for the handler below, which may only call
// functions listed in signal-safety(7).
static struct termios saved_terminal;
static volatile sig_atomic_t terminal_is_changed;
static int takes_screen;
static const char leave_screen[] = "\033[?25h\033[0m\033[?1049l";

int clinux_terminal_is_foreground(void) { return tcgetpgrp(STDIN_FILENO) == getpgrp(); }

static void restore_terminal(void) {
    if (!terminal_is_changed) return;
    terminal_is_changed = 0;
    if (takes_screen) {
        ssize_t written = write(STDOUT_FILENO, leave_screen, sizeof leave_screen - 1);
        (void)written;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved_terminal);
    } else if (clinux_terminal_is_foreground()) {
        // A process in the background would be stopped.
        tcsetattr(STDIN_FILENO, TCSANOW, &saved_terminal);
    }
}

static void restore_and_die(int number) {
    restore_terminal();
    signal(number, SIG_DFL);
    raise(number);
}

int clinux_terminal_enter(int is_full_screen) {
    static const char enter_screen[] = "\033[?1049h\033[?25l";
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGSYS};
    struct termios terminal;
    if (terminal_is_changed) return 0;
    if (tcgetattr(STDIN_FILENO, &saved_terminal) != 0) return -1;
    for (size_t index = 0; index < sizeof deadly / sizeof *deadly; index++) signal(deadly[index], restore_and_die);
    takes_screen = is_full_screen;
    terminal = saved_terminal;
    terminal.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    terminal.c_cc[VMIN] = 0;
    terminal.c_cc[VTIME] = 0;
    terminal_is_changed = 1;
    if (tcsetattr(STDIN_FILENO, takes_screen ? TCSAFLUSH : TCSANOW, &terminal) != 0
        || (takes_screen && write(STDOUT_FILENO, enter_screen, sizeof enter_screen - 1) < 0)) {
        restore_terminal();
        return -1;
    }
    return 0;
}

void clinux_terminal_leave(void) { restore_terminal(); }
