#include "answer.h"
#include <stdio.h>

int main(int argc, char **argv) {
  (void)argv;
  printf("the answer is %.0f\n", answer(49.0 + argc));
  return 0;
}
