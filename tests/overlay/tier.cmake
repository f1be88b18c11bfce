# The images, compose files and resources of docker/: `ctest -L overlay`.
if(TARGET remora)
    add_test(NAME overlay.files COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/files_test.py)
    set_tests_properties(overlay.files PROPERTIES LABELS overlay TIMEOUT 120 SKIP_RETURN_CODE 77
        ENVIRONMENT "REMORA_TOOL=$<TARGET_FILE:remora>;PYTHONDONTWRITEBYTECODE=1")
endif()

# The images with a release in them, on stand-ins for those of Kafka: ten minutes.
add_test(NAME overlay.images COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/overlay_test.py)
set_tests_properties(overlay.images PROPERTIES LABELS "full;overlay" TIMEOUT 7200 RUN_SERIAL TRUE SKIP_RETURN_CODE 77
    FIXTURES_REQUIRED release ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1")
