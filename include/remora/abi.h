// The C ABI of the core. The JNI bridge, the native executable's tests and any other host call only
// these.
//
// Every function contains every exception. A fault is counted, logged once, and switches the agent
// off; it never reaches the host. Negative results are values of remora::Code, negated.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REMORA_EXPORT __attribute__((visibility("default")))

typedef struct remora_agent remora_agent;

// Direct buffers shared with the caller, with the sizes of wire.h. They must outlive the agent.
typedef struct remora_buffers {
    uint8_t* control;
    uint32_t control_bytes;
    uint8_t* answer;
    uint32_t answer_bytes;
    uint8_t* plan;
    uint32_t plan_bytes;
    uint8_t* sample;
    uint32_t sample_bytes;
} remora_buffers;

// Starts the core. `arguments`: the text after `-javaagent:remora.jar=` ("" for none). `facts`:
// "key=value" lines about the host (UTF-8, may be empty). On failure returns NULL and puts one line
// for a person into `message`. Any thread; blocks for as long as the configuration takes to read.
REMORA_EXPORT remora_agent* remora_start(const char* arguments, const char* facts,
                                         const remora_buffers* buffers, char* message,
                                         size_t message_bytes);

// Ends files that an earlier agent with these arguments left behind, as the configuration says:
// remora_up 0 in place of old values. To be called before the host is up. Any thread; may wait for
// the disk.
REMORA_EXPORT void remora_end_files(const char* arguments, const char* facts);

// Handles `bytes` of control records; answers lie in the answer buffer. Returns the number of
// answer bytes, or a negative code. -kFull means: nothing was handled, try again later. Collector
// thread.
REMORA_EXPORT int32_t remora_control(remora_agent* agent, int32_t bytes);

// Writes what is due at `now_ns` (CLOCK_MONOTONIC, System.nanoTime) into the plan buffer. Returns
// the number of units. Collector thread.
REMORA_EXPORT int32_t remora_plan(remora_agent* agent, int64_t now_ns);

// Takes `bytes` of sample records read for the last plan, none of them before `since_ns`
// (CLOCK_MONOTONIC): that is when they count as read, for no value may pass for younger than it is.
// Returns the number of values taken. Collector thread.
REMORA_EXPORT int32_t remora_submit(remora_agent* agent, int32_t bytes, int64_t since_ns);

// More is known of the host than at the start: all facts anew, "key=value" lines as there. A fact
// `pending` names, with commas between, those that the caller still looks for: outputs whose labels
// or path need one of them wait. Returns 0 or a negative code. Any thread, but never at the same
// time as remora_stop.
REMORA_EXPORT int32_t remora_learn(remora_agent* agent, const char* facts);

// Asks for the configuration to be read again now. Returns 0 or a negative code. Any thread, but
// never at the same time as remora_stop.
REMORA_EXPORT int32_t remora_reload(remora_agent* agent);

// What came of that: 0 not known yet; 1 it was read, and `message` is "", or has what is wrong with
// it, one mistake a line, and the configuration before stays. Or a negative code. As remora_reload.
REMORA_EXPORT int32_t remora_reload_outcome(remora_agent* agent, char* message,
                                            size_t message_bytes);

// Threads that run the library's code, of any agent, ended or not. While there are any, the
// library must not be unloaded. Any thread.
REMORA_EXPORT int32_t remora_threads(void);

// Emits a last tick, flushes the outputs, ends the threads, frees the agent. Waits at most
// `deadline_ms`; what has not ended by then is left behind (never joined, never freed). Any thread
// but the agent's own. Must be the last call.
REMORA_EXPORT int32_t remora_stop(remora_agent* agent, int32_t deadline_ms);

// Version text, "0.1.0+abc1234". Never NULL.
REMORA_EXPORT const char* remora_version(void);

#ifdef __cplusplus
}
#endif
