// Numbers with units, as people read them.
#pragma once

#include <string>

namespace remora {

// "831 B", "1.21 MiB".
std::string in_bytes(double bytes);
// "12", "1.21 k", "3.4 M"; "0.004": never 0 for what is not.
std::string in_count(double count);
// "0.05 ms", "12.5 ms", "1.25 s".
std::string in_ms(double ms);
// "12 s", "3 m 20 s", "2 d 3 h".
std::string in_duration(double seconds);
std::string in_duration_ms(long long ms);
// "14:03:12", with the date when it is not of today; local time.
std::string in_time(long long wall_ms, long long now_wall_ms);

}  // namespace remora
