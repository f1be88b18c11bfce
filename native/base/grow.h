// Growth of what is held for as long as the broker runs: by an eighth, where the standard library
// doubles. Slack is memory of the broker's machine, and growing happens at registration only.
#pragma once

#include <cstddef>
#include <utility>

namespace remora {

// Room for `size` elements of a vector or string.
template <typename Container>
void make_room(Container& container, std::size_t size) {
    if (size > container.capacity()) {
        container.reserve(size + size / 8 + 4);
    }
}

template <typename Container>
void grow(Container& container, std::size_t size) {
    make_room(container, size);
    container.resize(size);
}

template <typename Container, typename Element>
void append(Container& container, Element&& element) {
    make_room(container, container.size() + 1);
    container.push_back(std::forward<Element>(element));
}

}  // namespace remora
