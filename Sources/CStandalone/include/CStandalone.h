// Makes the shipped executable self-contained: it needs no module of the system's name service, and no /proc.
// Linked into the executable, never into a library product.
#ifndef CSTANDALONE_H
#define CSTANDALONE_H

// The arguments of the command line, the program's name first.
int cstandalone_argument_count(void);
const char *cstandalone_argument(int index);

#endif
