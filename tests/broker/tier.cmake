# Real brokers. One of each group at a time: two brokers are what two processors can start.
set(one dead leader line places)
set(other select)
foreach(group one other)
    foreach(name IN LISTS ${group})
        add_test(NAME broker.${name}
            COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/broker/${name}_test.py)
        set_tests_properties(broker.${name} PROPERTIES LABELS broker TIMEOUT 900 RESOURCE_LOCK broker_${group}
            ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR}")
    endforeach()
endforeach()
# Alone: these measure as well as test.
foreach(name harm outputs reload truth)
    add_test(NAME broker.${name}
        COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/broker/${name}_test.py)
    set_tests_properties(broker.${name} PROPERTIES LABELS broker TIMEOUT 900 RUN_SERIAL TRUE
        ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR}")
endforeach()

# A hundred changes, valid and invalid in turn: five minutes.
add_test(NAME broker.reload_100
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/broker/reload_test.py
        ReloadTest.test_1_valid_and_invalid_changes_in_turn_under_load)
set_tests_properties(broker.reload_100 PROPERTIES LABELS full TIMEOUT 1200 RUN_SERIAL TRUE
    ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR};REMORA_RELOADS=50")

# A flood of scrapes and none in turn: six minutes.
add_test(NAME broker.scrape
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/broker/scrape_test.py)
set_tests_properties(broker.scrape PROPERTIES LABELS full TIMEOUT 1800 RUN_SERIAL TRUE
    ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR}")

# Every Kafka on every Java: twenty minutes. `matrix_test.py --write docs/reference/versions.md` renews the page.
add_test(NAME broker.matrix
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/broker/matrix_test.py)
set_tests_properties(broker.matrix PROPERTIES LABELS full TIMEOUT 3600 RUN_SERIAL TRUE
    ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR}")

# `remora top` in terminals, beside three brokers that are busy, in trouble and dead: five minutes.
add_test(NAME broker.top
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/broker/top_test.py)
set_tests_properties(broker.top PROPERTIES LABELS full TIMEOUT 1200 RUN_SERIAL TRUE
    ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR}")

# Two versions of the agent attached and detached in turn, ten times: six minutes.
add_test(NAME broker.attach
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/broker/attach_test.py)
set_tests_properties(broker.attach PROPERTIES LABELS full TIMEOUT 1800 RUN_SERIAL TRUE
    ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR}")

# Outputs named by rules beside jmx_exporter, in one broker: two minutes, and Maven Central.
add_test(NAME broker.rules
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/broker/rules_test.py)
set_tests_properties(broker.rules PROPERTIES LABELS full TIMEOUT 1200 RUN_SERIAL TRUE
    ENVIRONMENT "REMORA_BUILD=${CMAKE_BINARY_DIR}")
