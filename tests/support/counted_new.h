// Replaces operator new and delete of the whole program: counts what each thread allocates, and can
// make one allocation fail. To be included by one file of a program.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace remora {

// Of the calling thread: allocations so far, and the number of the one that fails; 0: none.
inline thread_local std::size_t allocations = 0;
inline thread_local std::size_t failing_allocation = 0;

}  // namespace remora

// Not inlined, or gcc pairs malloc's inlined half with the other operator and warns.
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    ++remora::allocations;
    return remora::allocations == remora::failing_allocation ? nullptr
                                                             : std::malloc(bytes == 0 ? 1 : bytes);
}
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    if (void* const memory = operator new(bytes, std::nothrow)) {
        return memory;
    }
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
