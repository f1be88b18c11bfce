# Tier "stress": threads that race; run under ThreadSanitizer by scripts/test.sh, a minute with --full.
add_executable(stress_engine stress/engine_stress.cpp)
target_link_libraries(stress_engine PRIVATE remora_test_support remora_engine)
add_test(NAME stress.engine COMMAND stress_engine)
set_tests_properties(stress.engine PROPERTIES LABELS stress TIMEOUT 300)
