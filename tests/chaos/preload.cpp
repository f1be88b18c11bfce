// Preloaded into a JVM: a wall clock that can be set, a disk that can be full, a stderr that is
// somebody's pipe, and an account of the memory of one library. Everything else that is started
// with the same environment is left alone.
//
//   CHAOS_CONTROL   a file that is struct Control below
//   CHAOS_MAIN      the main class of the JVM that is meant
//   CHAOS_FULL      files below this directory are on the disk that can be full
//   CHAOS_STDERR    a named pipe that somebody reads
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

struct Control {
    volatile std::int64_t offset_ns;  // added to the wall clock
    volatile std::int64_t is_full;    // not 0: the disk is full
    // Where the library is in memory; 0: nothing is counted.
    volatile std::uint64_t library_begin;
    volatile std::uint64_t library_end;
    // At least so much of what the library gives back is kept from now on: a leak.
    std::int64_t leak_bytes;
    // What the library has taken and not given back since it is counted.
    std::int64_t library_bytes;
};

Control none{};
Control* control = &none;
char full_prefix[PATH_MAX] = "";
int (*real_clock_gettime)(clockid_t, timespec*) = nullptr;

// Whether the command line of this process has the word.
bool is_of(const char* main_class) {
    char words[1 << 16];
    const int fd = ::open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    const ssize_t size = fd < 0 ? 0 : ::read(fd, words, sizeof(words));
    ::close(fd);
    char word[256] = "";  // between the zeros that end it and the one before
    const std::size_t length = std::strlen(main_class);
    std::snprintf(word + 1, sizeof(word) - 1, "%s", main_class);
    return size > 0 && length + 2 <= sizeof(word) &&
           memmem(words, static_cast<std::size_t>(size), word, length + 2) != nullptr;
}

__attribute__((constructor)) void begin() {
    real_clock_gettime =
        reinterpret_cast<int (*)(clockid_t, timespec*)>(dlsym(RTLD_NEXT, "clock_gettime"));
    const char* path = std::getenv("CHAOS_CONTROL");
    const char* main_class = std::getenv("CHAOS_MAIN");
    if (path == nullptr || main_class == nullptr || !is_of(main_class)) {
        return;
    }
    if (const int fd = ::open(path, O_RDWR | O_CLOEXEC); fd >= 0) {
        void* memory = ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        ::close(fd);
        if (memory != MAP_FAILED) {
            control = static_cast<Control*>(memory);
        }
    }
    if (const char* full = std::getenv("CHAOS_FULL"); full != nullptr) {
        std::strncpy(full_prefix, full, sizeof(full_prefix) - 1);
    }
    if (const char* pipe = std::getenv("CHAOS_STDERR"); pipe != nullptr) {
        if (const int fd = ::open(pipe, O_WRONLY); fd >= 0) {
            ::dup2(fd, STDERR_FILENO);
            ::close(fd);
        }
    }
}

// Whether code of the library has called, or has ended with a jump to here.
bool is_library(const void* caller) {
    const auto address = reinterpret_cast<std::uint64_t>(caller);
    return address >= control->library_begin && address < control->library_end;
}

void count(std::int64_t bytes) {
    __atomic_fetch_add(&control->library_bytes, bytes, __ATOMIC_RELAXED);
}

std::int64_t bytes_of(void* memory) {
    return static_cast<std::int64_t>(malloc_usable_size(memory));
}

void* counted(void* memory, const void* caller) {
    if (is_library(caller)) {
        count(bytes_of(memory));
    }
    return memory;
}

bool has_no_room(int fd) {
    if (control->is_full == 0) {
        return false;
    }
    char link[32];
    char path[PATH_MAX];
    std::snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    const ssize_t size = ::readlink(link, path, sizeof(path) - 1);
    const std::size_t prefix = std::strlen(full_prefix);
    return size > 0 && prefix > 0 && static_cast<std::size_t>(size) > prefix &&
           std::memcmp(path, full_prefix, prefix) == 0;
}

}  // namespace

extern "C" {

// glibc's own, by the names that nobody replaces.
void* __libc_malloc(std::size_t size) noexcept;
void* __libc_realloc(void* memory, std::size_t size) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept;
void __libc_free(void* memory) noexcept;

void* malloc(std::size_t size) noexcept {
    return counted(__libc_malloc(size), __builtin_return_address(0));
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    return counted(__libc_memalign(alignment, size), __builtin_return_address(0));
}

void* realloc(void* memory, std::size_t size) noexcept {
    const bool is_counted = is_library(__builtin_return_address(0));
    const std::int64_t before = is_counted ? bytes_of(memory) : 0;
    void* const moved = __libc_realloc(memory, size);
    if (is_counted && (moved != nullptr || size == 0)) {
        count(bytes_of(moved) - before);
    }
    return moved;
}

void free(void* memory) noexcept {
    if (is_library(__builtin_return_address(0))) {
        const std::int64_t bytes = bytes_of(memory);
        if (bytes > 0 && __atomic_load_n(&control->leak_bytes, __ATOMIC_RELAXED) > 0) {
            __atomic_fetch_sub(&control->leak_bytes, bytes, __ATOMIC_RELAXED);
            return;
        }
        count(-bytes);
    }
    __libc_free(memory);
}

// Takes memory that its caller gives back.
char* realpath(const char* __restrict path, char* __restrict resolved) noexcept {
    static const auto real =
        reinterpret_cast<char* (*)(const char*, char*)>(dlsym(RTLD_NEXT, "realpath"));
    char* const found = real(path, resolved);
    if (resolved == nullptr) {
        counted(found, __builtin_return_address(0));
    }
    return found;
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
    const int failed = real_clock_gettime != nullptr
                           ? real_clock_gettime(clock, time)
                           : static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
    if (failed == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        const std::int64_t all_ns =
            time->tv_sec * kNanosPerSecond + time->tv_nsec + control->offset_ns;
        time->tv_sec = all_ns / kNanosPerSecond;
        time->tv_nsec = all_ns % kNanosPerSecond;
    }
    return failed;
}

int gettimeofday(timeval* __restrict time, void* __restrict) noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t* out) noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (out != nullptr) {
        *out = now.tv_sec;
    }
    return now.tv_sec;
}

ssize_t write(int fd, const void* bytes, std::size_t size) {
    if (has_no_room(fd)) {
        errno = ENOSPC;
        return -1;
    }
    return ::syscall(SYS_write, fd, bytes, size);
}

ssize_t writev(int fd, const iovec* parts, int count) {
    if (has_no_room(fd)) {
        errno = ENOSPC;
        return -1;
    }
    return ::syscall(SYS_writev, fd, parts, count);
}

}  // extern "C"
