#include "doctor/doctor.h"

#include "doctor/checks/checks.h"

namespace remora {

std::vector<Ailment> diagnose(const Patient& patient) {
    Findings findings;
    for (const auto checks : {agent_checks(), output_checks(), config_checks(), measure_checks()}) {
        for (const NamedCheck& check : checks) {
            findings.begin(check.name);
            check.run(patient, findings);
        }
    }
    return findings.take();
}

}  // namespace remora
