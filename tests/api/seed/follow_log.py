import requests
import json

BASE_URL = "http://localhost:8000"
task_id = "your-task-id"

response = requests.get(
    f"{BASE_URL}/api/v2/training/{task_id}/logs",
    stream=True
)

for line in response.iter_lines():
    if line:
        line_str = line.decode('utf-8')
        if line_str.startswith('data: '):
            data = json.loads(line_str[6:])
            
            # 显示日志消息
            print(f"[{data['level']}] {data['message']}")
            
            # 显示训练指标
            if data.get('metrics'):
                print(f"  指标: {data['metrics']}")
