# The vectors of the rule engine against the agents that they were recorded from: half a minute, and Maven Central.
if(REMORA_JAVA)
    add_test(NAME rules.exporter
        COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/record.py --check)
    set_tests_properties(rules.exporter PROPERTIES LABELS full TIMEOUT 600
        ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
endif()
