#include <fstream>
#include <iostream>
#include <string>

int main()
{
    std::ifstream file("data/words.txt");
    std::string word;
    int count = 0;
    while (file >> word)
        count++;
    std::cout << count << " words\n";
    return count ? 0 : 2;
}
