// The names that OpenTelemetry's conventions have for what a broker and its JVM say.
#pragma once

#include "model/object_name.h"
#include "model/series.h"

namespace remora {

// Renames a series of the bean called `name`, as the namer made it, where the semantic
// conventions of OpenTelemetry (jvm.*, process.*) or the Kafka rules of its JMX instrumentation
// have a name for it; type, unit and labels become theirs. Any other series stays as it is.
void name_by_otel(const ObjectName& name, Series& series);

}  // namespace remora
