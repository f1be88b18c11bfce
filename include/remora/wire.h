// Layout of everything that crosses JNI, little-endian, natural alignment. This file is the one
// source: scripts/gen_wire.py makes `Wire.java` from its constants, and a test compares both.
//
// Four direct buffers, allocated once by the shim and handed over at start:
//   control   shim -> core   registration records, back to back, each a multiple of 8 bytes
//   answer    core -> shim   one answer for each bean record, in the same order
//   plan      core -> shim   what to read now, grouped by family
//   sample    shim -> core   what was read, and what each group cost
#pragma once

#include <cstddef>
#include <cstdint>

namespace remora::wire {

inline constexpr std::uint32_t kVersion = 2;

// How the shim reads a bean. The first five are Yammer metric objects (tier 1); kMBean goes through
// the MBeanServer (tier 2) and lists its attributes one by one.
enum class BeanKind : std::uint8_t {
    kGauge = 0,
    kCounter = 1,
    kMeter = 2,
    kHistogram = 3,
    kTimer = 4,
    kMBean = 5,
};

// Statistics of the Yammer kinds: an answer names the wanted ones by these numbers. Gauge has
// kValue only; counter kCount; meter kCount..kFifteenMinuteRate; histogram kCount and kMin..kP999;
// timer all but kValue.
enum class Stat : std::uint16_t {
    kValue = 0,
    kCount = 1,
    kMeanRate = 2,
    kOneMinuteRate = 3,
    kFiveMinuteRate = 4,
    kFifteenMinuteRate = 5,
    kMin = 6,
    kMax = 7,
    kMean = 8,
    kStdDev = 9,
    kSum = 10,  // not an MBean attribute: the metric object knows it
    kP50 = 11,
    kP75 = 12,
    kP95 = 13,
    kP98 = 14,
    kP99 = 15,
    kP999 = 16,
};
inline constexpr std::uint16_t kStatCount = 17;

// What a value was when the shim looked at it (never what the MBean declares).
enum class ValueType : std::uint8_t {
    kNumber = 0,   // any java.lang.Number
    kBoolean = 1,  // sent as 1 or 0
    kText = 2,     // String or enum: sent as a text id (see TextRecord)
    kOther = 3,    // null or anything else: never wanted
};

// Outcome of reading one unit. Anything but kOk carries no values.
enum class ReadStatus : std::uint8_t {
    kOk = 0,
    kGone = 1,       // InstanceNotFoundException: transient while Kafka re-registers, not a fault
    kThrew = 2,      // any Throwable from the bean
    kNotNumber = 3,  // null, or a class that is no number, boolean or known text
    kBlocked = 4,    // the read did not return; its thread was abandoned
    kTooLarge = 5,   // the value would not fit (a composite that grew)
                     // Of a bean: its name is longer than kNameBytesMax; its beginning is sent
    kHeld = 6,       // not tried: a read of its like hangs, or as many threads as may
};

// ---- control buffer
// -------------------------------------------------------------------------------

enum class ControlKind : std::uint8_t {
    kBean = 1,        // BeanRecord
    kUnregister = 2,  // UnregisterRecord
    kText = 3,        // TextRecord
    kAsk = 4,         // BeanRecord of an MBean that nobody has looked into
    kSwept = 5,       // SweptRecord
};

// Head of every control record. `bytes` counts the whole record, padding included, a multiple of 8.
struct ControlHeader {
    std::uint32_t bytes;
    std::uint8_t kind;  // ControlKind
    std::uint8_t bean_kind;
    std::uint16_t attribute_count;
};
static_assert(sizeof(ControlHeader) == 8);

// A bean: header, then `token` (echoed in the answer), `name_bytes`, `flags`, the ObjectName as
// registered (UTF-8, `ObjectName.toString()`: key order and quotes kept), then for kMBean
// `attribute_count` attributes, each one AttributeHead followed by its path in UTF-8
// ("ThreadCount", "HeapMemoryUsage.used"); no padding inside.
struct BeanRecord {
    ControlHeader header;
    std::uint32_t token;
    std::uint16_t name_bytes;
    // Low byte: ReadStatus of describing the bean; not kOk means that it threw or blocked, so it
    // comes without attributes and is answered negatively. High byte: ValueType of a gauge, from
    // one read; of an MBean the number of its values, at most 255, that are beyond kAttributesMax
    // or have a path that is empty or beyond kPathBytesMax.
    std::uint16_t flags;
};
static_assert(sizeof(BeanRecord) == 16);

// kAsk: the same record, with what the MBean declares and not with what its values are; kOther: may
// be anything, also a composite. It is answered with unit 0 and the attributes that may be wanted,
// or with kNotFound: then nobody calls any of them. A kBean follows with what was found in those.
struct AttributeHead {
    std::uint8_t type;   // ValueType
    std::uint8_t flags;  // AttributeFlag bits
    std::uint16_t path_bytes;
};
static_assert(sizeof(AttributeHead) == 4);

enum AttributeFlag : std::uint8_t {
    // Reading it takes so long that it is left out unless the configuration names it.
    kAttributeExpensive = 1,
};

struct UnregisterRecord {
    ControlHeader header;
    std::uint32_t unit;
    std::uint32_t reserved;
};
static_assert(sizeof(UnregisterRecord) == 16);

// A text that the shim met as a value: from now on `text` in a sample means these bytes. Ids count
// up from 1; 0 means "no such text, the table is full".
struct TextRecord {
    ControlHeader header;
    std::uint32_t text;
    std::uint32_t text_bytes;
};
static_assert(sizeof(TextRecord) == 16);

// Everything that existed when a sweep began (at the start, or because the plan asked for one with
// kPlanRediscover) has been offered or unregistered. Nothing is answered.
struct SweptRecord {
    ControlHeader header;
    std::uint64_t reserved;
};
static_assert(sizeof(SweptRecord) == 16);

// ---- answer buffer
// --------------------------------------------------------------------------------

// One for each bean or ask record: `unit` >= 0 when the bean is wanted, else a negative Code
// (kNotFound: not selected; kLimit: a cap was reached). Followed by `slot_count` uint16 selectors:
// a Stat for the Yammer kinds, an index into the bean's attributes for kMBean; then padding to 8.
// Samples carry values in this order.
struct BeanAnswer {
    std::int32_t unit;
    std::uint16_t slot_count;
    std::uint16_t bytes;  // whole answer, padding included
    std::uint32_t token;
    std::uint32_t family;
};
static_assert(sizeof(BeanAnswer) == 16);

// ---- plan buffer
// ----------------------------------------------------------------------------------

// Head of the plan, then `group_count` groups: PlanGroup followed by `unit_count` uint32 unit ids,
// padded to 8.
struct PlanHeader {
    std::uint32_t group_count;
    std::uint32_t unit_count;
    std::int64_t wake_ns;  // System.nanoTime() at which plan() wants to be called again
    std::uint32_t flags;   // PlanFlag bits
    std::uint32_t bytes;   // whole plan
};
static_assert(sizeof(PlanHeader) == 24);

enum PlanFlag : std::uint32_t {
    kPlanStop = 1,  // the core has switched itself off: end the collector, leave the broker alone
    // The selection changed, or there is room again: offer every bean anew, those that are units
    // too. The answer to such a bean names its unit again, or another one, or is negative; then the
    // old unit is gone without being unregistered. A SweptRecord ends the sweep.
    kPlanRediscover = 2,
};

struct PlanGroup {
    std::uint32_t family;
    std::uint32_t unit_count;
};
static_assert(sizeof(PlanGroup) == 8);

// ---- sample buffer
// --------------------------------------------------------------------------------

enum class SampleKind : std::uint8_t {
    kValues = 1,  // SampleRecord + value_count doubles
    kCost = 2,    // CostRecord
};

// One unit as read: `value_count` little-endian doubles follow, in the order of its answer; none
// when status is not kOk. Text slots carry the text id as a double.
struct SampleRecord {
    std::uint32_t unit;
    std::uint8_t kind;    // SampleKind::kValues
    std::uint8_t status;  // ReadStatus
    std::uint16_t value_count;
};
static_assert(sizeof(SampleRecord) == 8);

// Cost of reading one group of a family: wall nanoseconds (System.nanoTime around the group).
struct CostRecord {
    std::uint32_t family;
    std::uint8_t kind;  // SampleKind::kCost
    std::uint8_t reserved;
    std::uint16_t unit_count;
    std::int64_t nanos;
};
static_assert(sizeof(CostRecord) == 16);

// Sizes of the four buffers, in bytes. The shim allocates them; the core checks them at start.
inline constexpr std::uint32_t kControlBytes = 160 * 1024;  // the longest bean fits
inline constexpr std::uint32_t kAnswerBytes = 96 * 1024;    // those to any control call fit
inline constexpr std::uint32_t kPlanBytes = 64 * 1024;
inline constexpr std::uint32_t kSampleBytes = 64 * 1024;

// Bounds that both sides keep.
// Records in one control call: the core takes all of a call or nothing, so one that is larger than
// its channels would be refused for ever.
inline constexpr std::uint32_t kControlRecordsMax = 1024;
inline constexpr std::uint32_t kNameBytesMax = 4096;   // one ObjectName
inline constexpr std::uint32_t kPathBytesMax = 512;    // one attribute path
inline constexpr std::uint32_t kAttributesMax = 256;   // of one bean
inline constexpr std::uint32_t kTextBytesMax = 256;    // one text value
inline constexpr std::uint32_t kTextsMax = 4096;       // distinct text values
inline constexpr std::uint32_t kGroupUnitsMax = 1024;  // units in one plan group

// What stands for an attribute that gave no value while another of its bean did: it threw, or is
// null. A NaN that no arithmetic makes, so that a NaN that the broker reports stays one.
inline constexpr std::uint64_t kNoValueBits = 0x7FF8ABCEABCEABCE;
static_assert(kControlBytes >= sizeof(BeanRecord) + kNameBytesMax +
                                   kAttributesMax * (sizeof(AttributeHead) + kPathBytesMax));
// An answer has two bytes for each attribute that the record names, or for each statistic of a
// metric object, and is padded to 8.
static_assert(kAnswerBytes >= kControlRecordsMax * (sizeof(BeanAnswer) + 8) +
                                  2 * (kControlBytes / (sizeof(AttributeHead) + 1)));
static_assert(kAnswerBytes >= kControlRecordsMax * (sizeof(BeanAnswer) + 8 + 2 * kStatCount));

}  // namespace remora::wire
