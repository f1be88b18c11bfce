// Chance for tests: the same at every run.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

namespace remora {

class Dice {
 public:
    explicit Dice(unsigned seed) : random_(seed) {}

    // One of 0 to `sides` - 1.
    std::uint32_t below(std::uint32_t sides) {
        return static_cast<std::uint32_t>(random_()) % sides;
    }
    bool one_in(std::uint32_t sides) { return below(sides) == 0; }
    double between(double low, double high) {
        return std::uniform_real_distribution<double>(low, high)(random_);
    }
    // Between ten to these powers, each decade alike likely.
    double power(double low, double high) { return std::pow(10.0, between(low, high)); }

 private:
    std::mt19937 random_;
};

}  // namespace remora
