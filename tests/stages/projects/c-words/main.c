#include <math.h>
#include <stdio.h>

/* Counts the words of a file, and writes the count where the image has a folder for it. */
int main(int argc, char **argv)
{
    FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
    char word[64];
    int count = 0;
    if (file == NULL)
        return 2;
    while (fscanf(file, "%63s", word) == 1)
        count++;
    FILE *out = fopen("/data/count", "w");
    if (out == NULL)
        return 3;
    fprintf(out, "%d\n", count);
    fclose(out);
    printf("%d words, root %.3f\n", count, sqrt(count));
    return 0;
}
