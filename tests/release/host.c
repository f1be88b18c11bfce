/* Loads libremora.so without a JVM, starts the core and stops it: with the loader of any C library.
 *   host LIBRARY ARGUMENTS        ARGUMENTS as behind -javaagent:remora.jar=; prints the version
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "remora/abi.h"

enum { BYTES = 160 * 1024 };  /* the largest of wire.h */

static uint64_t buffers[4][BYTES / 8];

static void* function(void* library, const char* name) {
    void* found = dlsym(library, name);
    if (found == NULL) {
        printf("%s\n", dlerror());
    }
    return found;
}

int main(int count, char** words) {
    void* library = count == 3 ? dlopen(words[1], RTLD_NOW) : NULL;
    if (library == NULL) {
        printf("%s\n", count == 3 ? dlerror() : "usage: host LIBRARY ARGUMENTS");
        return 1;
    }
    const char* (*version)(void) = function(library, "remora_version");
    remora_agent* (*start)(const char*, const char*, const remora_buffers*, char*, size_t) =
        function(library, "remora_start");
    int32_t (*plan)(remora_agent*, int64_t) = function(library, "remora_plan");
    int32_t (*stop)(remora_agent*, int32_t) = function(library, "remora_stop");
    if (version == NULL || start == NULL || plan == NULL || stop == NULL) {
        return 1;
    }
    uint8_t* at[4];
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t*)buffers[i];
    }
    const remora_buffers handed = {at[0], BYTES, at[1], BYTES, at[2], BYTES, at[3], BYTES};
    char message[512] = "";
    const char* facts = "broker.id=1\nkafka.version=3.5.0\n";
    remora_agent* agent = start(words[2], facts, &handed, message, sizeof(message));
    if (agent == NULL) {
        printf("%s\n", message);
        return 1;
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const int32_t units = plan(agent, now.tv_sec * 1000000000LL + now.tv_nsec);
    const int32_t stopped = stop(agent, 5000);
    printf("%s %d %d\n", version(), units, stopped);
    return 0;
}
