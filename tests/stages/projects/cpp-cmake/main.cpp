#include <iostream>
#include <string>
#include <thread>

std::string greeting(const std::string &name);

int main(int argc, char **argv) {
  std::thread([&] { std::cout << greeting(argc > 1 ? argv[1] : "nobody") << std::endl; }).join();
  return 0;
}
