#include <stdio.h>

int main(void)
{
    printf("the answer is %d\n", 6 * 7);
    return 0;
}
