// Some reads of a family take far longer than most, as when they meet locks that the broker needs.
#include "tune/rules/rules.h"

namespace remora {
namespace {

constexpr double kTailUs = 2'000;        // less is what any thread meets on a busy machine
constexpr double kTimes = 10;            // of the typical read
constexpr double kReadsPerS = 0.1;       // of fewer reads the broker sees nothing
constexpr double kCpuPercentMin = 0.01;  // of a core; less is not worth a change

}  // namespace

void find_contended_family(const Context& context, std::vector<Finding>& found) {
    for (const FamilyProfile& family : context.profile.families) {
        if (family.tail_us < kTailUs || family.tail_us < kTimes * family.typical_us ||
            family.reads_per_s < kReadsPerS || family.cpu_percent < kCpuPercentMin) {
            continue;
        }
        Finding finding;
        finding.problem =
            "some reads take far longer than most, as when they meet locks of the broker";
        finding.evidence = {{"typical_us", family.typical_us},
                            {"tail_us", family.tail_us},
                            {"reads_per_s", family.reads_per_s},
                            {"cpu_percent", family.cpu_percent}};
        spare(context, family, finding);
        found.push_back(std::move(finding));
    }
}

}  // namespace remora
